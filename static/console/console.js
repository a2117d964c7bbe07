import "./append.js";
import "./copy.js";
import "./focus.js";
import "./menu.js";
import "./once.js";
import "./reveal.js";
import "./scopes.js";
