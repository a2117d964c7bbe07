"""Commands of manage.py that run before Django's settings can be read: each has `main(arguments)`."""
