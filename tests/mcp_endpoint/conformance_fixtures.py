"""What the MCP conformance suite (npm) expects to find on a server: tools, resources and prompts of fixed names.

GATEPOST_CONFORMANCE_FIXTURES names this module; then /api/2.0/mcp/conformance serves it, on the dispatcher that serves
everything else. What each fixture does is written in the suite, beside its scenario.
"""

import asyncio
import re
from functools import partial

import orjson

from accounts.scopes import Scope
from mcp_endpoint import asking
from mcp_endpoint.dialogue import NeedsCapability, NeedsInput
from mcp_endpoint.kind import CAPABILITIES, Kind
from mcp_endpoint.prompts.prompt import Argument, Prompt, Prompts
from mcp_endpoint.resources.resource import Resource, Resources, Template
from mcp_endpoint.revisions import results
from mcp_endpoint.tools.tool import Content, Tool, Toolset

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
IMAGE = {"type": "image", "data": PNG, "mimeType": "image/png"}
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
PAUSE = 0.05  # seconds, as the suite describes the tools


def text(said):
    return {"type": "text", "text": said}


def embedded(uri, media_type, content):
    return {"type": "resource", "resource": {"uri": uri, "mimeType": media_type, "text": content}}


def schema(**properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def form(message, **properties):
    """A question to the person, with a form to fill in."""
    asked = {"type": "object", "properties": properties, "required": list(properties)}
    return {"method": "elicitation/create", "params": {"message": message, "requestedSchema": asked}}


def sample(prompt, most):
    """A question to the client's model."""
    return {
        "method": "sampling/createMessage",
        "params": {"messages": [{"role": "user", "content": text(prompt)}], "maxTokens": most},
    }


ROOTS = {"method": "roots/list", "params": {}}
STRING = {"type": "string"}


# Tools that answer at once


def says(*blocks, is_error=False):
    async def run(_arguments, _invocation):
        return Content(blocks, is_error)

    return run


# Tools that speak while they run


async def log(_arguments, invocation):
    for said in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        invocation.dialogue.channel.log("info", said)
        await asyncio.sleep(PAUSE)
    return Content([text("Logged.")])


async def progress(_arguments, invocation):
    for done in (0, 50, 100):
        invocation.dialogue.channel.progress(done, 100)
        await asyncio.sleep(PAUSE)
    return Content([text("Done.")])


# Tools that ask a legacy client, on the stream of the call


async def ask(request, shown, _arguments, invocation):
    result = await asking.ask(invocation.dialogue.channel, invocation.grant, request["method"], request["params"])
    return Content([text(shown.format(**{"action": "", "content": "", **result}))])


async def ask_model(arguments, invocation):
    return await ask(sample(arguments["prompt"], 100), "LLM response: {content}", arguments, invocation)


async def ask_person(arguments, invocation):
    request = form(
        arguments["message"],
        username={"type": "string", "description": "User's response"},
        email={"type": "string", "description": "User's email address"},
    )
    return await ask(request, "User response: action={action}, content={content}", arguments, invocation)


COMPLETED = "Elicitation completed: action={action}, content={content}"
DEFAULTS = form(
    "Please confirm",
    name={"type": "string", "default": "John Doe"},
    age={"type": "integer", "default": 30},
    score={"type": "number", "default": 95.5},
    status={"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    verified={"type": "boolean", "default": True},
)
OPTIONS = ["option1", "option2", "option3"]
TITLED = [{"const": f"value{n}", "title": f"{word} Option"} for n, word in enumerate(("First", "Second", "Third"), 1)]
ENUMS = form(
    "Please choose",
    untitledSingle={"type": "string", "enum": OPTIONS},
    titledSingle={"type": "string", "oneOf": TITLED},
    legacyEnum={"type": "string", "enum": ["opt1", "opt2"], "enumNames": ["Option One", "Option Two"]},
    untitledMulti={"type": "array", "items": {"type": "string", "enum": OPTIONS}},
    titledMulti={"type": "array", "items": {"anyOf": TITLED}},
)


# Tools that need another round with a modern client


def needs(state=None, **requests):
    """A tool that asks for what is missing until everything is answered."""

    async def run(_arguments, invocation):
        answers = invocation.dialogue.answers
        if not all(isinstance(answers.get(key), dict) for key in requests):
            raise NeedsInput(requests, state)
        if invocation.dialogue.state != state:
            raise NeedsInput(requests, state)
        return Content([text(f"state-ok: {orjson.dumps({key: answers[key] for key in requests}).decode()}")])

    return run


async def two_rounds(_arguments, invocation):
    state, answers = invocation.dialogue.state or {}, invocation.dialogue.answers
    if "step1" not in answers and "name" not in state:
        raise NeedsInput({"step1": form("Step 1: What is your name?", name=STRING)}, {"round": 1})
    if "step2" not in answers:
        name = answers["step1"]["content"]["name"]
        raise NeedsInput({"step2": form("Step 2: What is your favorite color?", color=STRING)}, {"name": name})
    return Content([text(f"{state['name']} likes {answers['step2']['content']['color']}.")])


async def what_is_declared(_arguments, invocation):
    requests = {
        "elicitation": ("person", form("What is your name?", name=STRING)),
        "sampling": ("model", sample("What is the capital of France?", 50)),
        "roots": ("roots", ROOTS),
    }
    declared = dict(requests[each] for each in invocation.dialogue.capabilities if each in requests)
    if declared and not declared.keys() & invocation.dialogue.answers.keys():
        raise NeedsInput(declared)
    return Content([text("Nothing is missing.")])


async def missing_capability(_arguments, invocation):
    if "sampling" not in invocation.dialogue.capabilities:
        raise NeedsCapability({"sampling": {}})
    return Content([text("Sampling is there.")])


# Subscriptions

listeners = set()  # of (what is listened for, queue)


async def listen(task, decision):
    """subscriptions/listen: an acknowledgement, then every change that was asked for, until the client goes."""
    wanted = {name for name, is_wanted in task.call.params["notifications"].items() if is_wanted is True}
    tag = {"_meta": {SUBSCRIPTION: str(task.call.id)}}
    listener = (frozenset(wanted), asyncio.Queue())
    listeners.add(listener)
    decision.decide("allowed")
    try:
        params = {**tag, "notifications": dict.fromkeys(wanted, True)}
        tell(task.channel, "notifications/subscriptions/acknowledged", params)
        while True:
            tell(task.channel, await listener[1].get(), tag)
    finally:
        listeners.discard(listener)


def tell(channel, method, params):
    channel.send({"jsonrpc": "2.0", "method": method, "params": params})


def changes(what):
    async def run(_arguments, _invocation):
        for wanted, queue in listeners:
            if f"{what}ListChanged" in wanted:
                queue.put_nowait(f"notifications/{what}/list_changed")
        return Content([text("Changed.")])

    return run


async def nothing(task, decision):
    """logging/setLevel and subscriptions of legacy clients: there is no session to keep them in."""
    decision.decide("allowed")
    return results.empty(task.call)


WORDS = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": STRING, "city": STRING},
        }
    },
    "properties": {
        "name": STRING,
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": STRING,
        "email": STRING,
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
NOTHING = schema()
MIXED = embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}')
EMBEDDED = embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")
NAME = form("What is your name?", name=STRING)
CONFIRM = form("Please confirm", ok={"type": "boolean"})
STATE = {"round": 1}

TOOLS = {
    "test_simple_text": (says(text("This is a simple text response for testing.")), NOTHING),
    "test_image_content": (says(IMAGE), NOTHING),
    "test_audio_content": (says({"type": "audio", "data": WAV, "mimeType": "audio/wav"}), NOTHING),
    "test_embedded_resource": (says(EMBEDDED), NOTHING),
    "test_multiple_content_types": (says(text("Multiple content types test:"), IMAGE, MIXED), NOTHING),
    "test_resource_link": (says({"type": "resource_link", "uri": "test://static-text", "name": "static"}), NOTHING),
    "test_error_handling": (
        says(text("This tool intentionally returns an error for testing"), is_error=True),
        NOTHING,
    ),
    "test_tool_with_logging": (log, NOTHING),
    "test_logging_tool": (log, NOTHING),
    "test_tool_with_progress": (progress, NOTHING),
    "test_sampling": (ask_model, schema(prompt=STRING)),
    "test_elicitation": (ask_person, schema(message=STRING)),
    "test_elicitation_sep1034_defaults": (partial(ask, DEFAULTS, COMPLETED), NOTHING),
    "test_elicitation_sep1330_enums": (partial(ask, ENUMS, COMPLETED), NOTHING),
    "json_schema_2020_12_tool": (says(text("Valid.")), WORDS),
    "test_custom_header": (says(text("Headers agree.")), schema(region={"type": "string", "x-mcp-header": "Region"})),
    "test_missing_capability": (missing_capability, NOTHING),
    "test_streaming_elicitation": (needs(user_name=NAME), NOTHING),
    "test_trigger_tool_change": (changes("tools"), NOTHING),
    "test_trigger_prompt_change": (changes("prompts"), NOTHING),
    "test_input_required_result_elicitation": (needs(user_name=NAME), NOTHING),
    "test_input_required_result_sampling": (
        needs(capital_question=sample("What is the capital of France?", 100)),
        NOTHING,
    ),
    "test_input_required_result_list_roots": (needs(client_roots=ROOTS), NOTHING),
    "test_input_required_result_request_state": (needs(STATE, confirm=CONFIRM), NOTHING),
    "test_input_required_result_multiple_inputs": (
        needs(STATE, user_name=NAME, greeting=sample("Generate a greeting", 50), client_roots=ROOTS),
        NOTHING,
    ),
    "test_input_required_result_multi_round": (two_rounds, NOTHING),
    "test_input_required_result_tampered_state": (needs(STATE, confirm=CONFIRM), NOTHING),
    "test_input_required_result_capabilities": (what_is_declared, NOTHING),
}
TOOLSET = Toolset(
    Tool(name, name, f"Fixture {name}.", input_schema, run, output_schema=None)
    for name, (run, input_schema) in TOOLS.items()
)


class FixtureResources(Resources):
    """Texts of fixed content."""

    templates = (Template("test://template/{id}/data", "template", "Template", "By id.", "application/json"),)
    texts = {
        "test://embedded-resource": "This is an embedded resource content.",
        "test://example-resource": "Embedded resource content for testing.",
        "test://mixed-content-resource": '{"test":"data","value":123}',
        "test://static-binary": None,
        "test://static-text": "This is the content of the static text resource.",
        "test://watched-resource": "Watched.",
    }

    async def page(self, after):
        return [Resource(uri, uri[7:], uri[7:], "Fixture.", "text/plain") for uri in self.texts if uri > after], None

    async def read(self, uri):
        by_id = re.fullmatch(r"test://template/([^/]+)/data", uri)
        if by_id:
            data = {"id": by_id[1], "templateTest": True, "data": f"Data for ID: {by_id[1]}"}
            return [{"uri": uri, "mimeType": "application/json", "text": orjson.dumps(data).decode()}]
        if uri not in self.texts:
            return None
        if self.texts[uri] is None:
            return [{"uri": uri, "mimeType": "image/png", "blob": PNG}]
        return [{"uri": uri, "mimeType": "text/plain", "text": self.texts[uri]}]


def prompt(name, write, *arguments):
    gaps = tuple(Argument(each, f"Argument {each}.", required=True) for each in arguments)
    return Prompt(name, name, f"Fixture {name}.", gaps, write)


def message(content):
    return {"role": "user", "content": content}


async def simple(_arguments, _dialogue):
    return [message(text("This is a simple prompt for testing."))]


async def with_arguments(arguments, _dialogue):
    return [message(text("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'".format(**arguments)))]


async def with_resource(arguments, _dialogue):
    resource = embedded(arguments["resourceUri"], "text/plain", "Embedded resource content for testing.")
    return [message(resource), message(text("Please process the embedded resource above."))]


async def with_image(_arguments, _dialogue):
    return [message(IMAGE), message(text("Please analyze the image above."))]


async def with_context(_arguments, dialogue):
    if "user_context" not in dialogue.answers:
        raise NeedsInput({"user_context": form("What context should the prompt use?", context=STRING)})
    return [message(text(dialogue.answers["user_context"]["content"]["context"]))]


PROMPTS = Prompts(
    [
        prompt("test_simple_prompt", simple),
        prompt("test_prompt_with_arguments", with_arguments, "arg1", "arg2"),
        prompt("test_prompt_with_embedded_resource", with_resource, "resourceUri"),
        prompt("test_prompt_with_image", with_image),
        prompt("test_input_required_result_prompt", with_context),
    ]
)


def always(thing):
    async def offer(_server, _grant):
        return thing

    return offer


CHANGING = {"listChanged": True}
KINDS = {
    "conformance": Kind(
        title="Fixtures of the MCP conformance suite",
        names=range(1),
        read_scopes=(Scope.MCP_FUNCTIONS,),
        tools=always(TOOLSET),
        instructions=lambda _server: "Fixtures for tests.",
        resources=always(FixtureResources()),
        prompts=always(PROMPTS),
        capabilities={
            **CAPABILITIES,
            "tools": CHANGING,
            "prompts": CHANGING,
            "resources": {"subscribe": True},
            "logging": {},
        },
        methods={
            "logging/setLevel": nothing,
            "resources/subscribe": nothing,
            "resources/unsubscribe": nothing,
            "subscriptions/listen": listen,
        },
        speaks=True,
    )
}
