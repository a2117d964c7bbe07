"""RFC 6749, 7009, 8414, 9207: the authorization server, on django-oauth-toolkit."""
