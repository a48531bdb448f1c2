"""Drives the emulator with OneLogin's official Python SDK: server, scope, claim, app and binding from birth to death.

The SDK is a client nobody here wrote, so what it accepts is evidence that the emulator answers as documented. Where the SDK
itself is known to be wrong (see `KNOWN_FAULTS`), the answer is read beside it and the emulator stays as it is.

Usage: lifecycle.py BASE_URL CLIENT_ID CLIENT_SECRET
"""

import json
import sys

import onelogin
from onelogin.exceptions import ApiException, NotFoundException, UnauthorizedException

KNOWN_FAULTS = """
A 201 is mapped to no type, so creating a server or an app gives None.
Updating a server expects the whole object and raises on the documented {"id"}.
Listing clients and connectors expects one object and raises on the documented array.
Configuration(access_token=…) forgets the token; it has to be set afterwards.
Revoking a token expects the four status keys unwrapped and reads none of them.
"""

PASSED = []


def check(what, condition):
    """Stops with a failure unless the condition holds."""
    if not condition:
        print(f"FAIL {what}")
        print(f"{len(PASSED)} passed, 1 failed")
        sys.exit(1)
    PASSED.append(what)
    print(f"ok   {what}")


class Caller:
    """The SDK's client, and what it last heard whatever it made of it."""

    def __init__(self, host, access_token=None, **credentials):
        configuration = onelogin.Configuration(host=host, **credentials)
        configuration.access_token = access_token
        self.client = onelogin.ApiClient(configuration)

    def call(self, method, *arguments):
        """Returns what the SDK makes of the answer (None where it fails at that), the status and the body."""
        try:
            typed = method(*arguments)
        except ApiException:
            raise
        except (ValueError, TypeError, AttributeError) as fault:
            print(f"     (SDK fault: {type(fault).__name__})")
            typed = None
        answer = self.client.last_response
        body = answer.data.decode() if isinstance(answer.data, bytes) else answer.data
        return typed, answer.status, json.loads(body) if body else None


def fetch_token(host, client_id, client_secret):
    caller = Caller(host, username=client_id, password=client_secret)
    request = onelogin.GenerateTokenRequest(grant_type="client_credentials")
    oauth = onelogin.OAuth2Api(caller.client)
    token, status, body = caller.call(oauth.generate_token, request)
    check("a token is issued", status == 200 and token is not None and token.access_token == body["access_token"])
    check("the token lives ten hours at most", 0 < body["expires_in"] <= 36000)
    again, _, _ = caller.call(oauth.generate_token, request)
    check("the same pair gets the same token", again.access_token == token.access_token)
    return token.access_token


def drive_server(caller):
    servers = onelogin.APIAuthorizationServerApi(caller.client)
    wanted = onelogin.AuthServer(
        name="Contacts API",
        description="made by the SDK",
        configuration=onelogin.AuthServerConfiguration(
            resource_identifier="https://sdk.example.com/contacts",
            audiences=["https://sdk.example.com/contacts"],
            access_token_expiration_minutes=10,
            refresh_token_expiration_minutes=30,
        ),
    )
    _, status, body = caller.call(servers.create_auth_server, "application/json", wanted)
    check("a server is made with 201 and only its id", status == 201 and list(body) == ["id"])
    server_id = str(body["id"])
    read, status, body = caller.call(servers.get_auth_server, server_id)
    check("the server reads back typed", status == 200 and read.name == "Contacts API")
    check("audiences are an array", read.configuration.audiences == ["https://sdk.example.com/contacts"])
    check("minutes are numbers", read.configuration.access_token_expiration_minutes == 10)
    wanted.name = "Contacts API 2"
    _, status, body = caller.call(servers.update_auth_server, server_id, "application/json", wanted)
    check("an update answers 200 and the id", status == 200 and body == {"id": int(server_id)})
    listed, status, body = caller.call(servers.list_auth_servers)
    check("the list is a bare array", status == 200 and isinstance(body, list))
    names = [server["name"] for server in body if server["id"] == int(server_id)]
    check("the list shows the new name", names == ["Contacts API 2"])
    return servers, server_id


def drive_scope(caller, server_id):
    scopes = onelogin.APIAuthScopesApi(caller.client)
    wanted = onelogin.AuthScope(value="contacts:read", description="Read contacts")
    _, status, body = caller.call(scopes.create_scope, server_id, "application/json", wanted)
    check("a scope is made", status in (200, 201) and isinstance(body["id"], int))
    scope_id = body["id"]
    wanted.description = "Read all contacts"
    _, status, body = caller.call(scopes.update_scope, server_id, scope_id, "application/json", wanted)
    check("a scope is changed", status == 200 and body == {"id": scope_id})
    listed, _, _ = caller.call(scopes.get_scopes, server_id)
    found = [(scope.id, scope.value, scope.description) for scope in listed if scope.id == scope_id]
    check("the scope reads back typed", found == [(scope_id, "contacts:read", "Read all contacts")])
    try:
        scopes.create_scope(server_id, "application/json", wanted)
        check("a second scope of one value is refused", False)
    except ApiException as refused:
        message = json.loads(refused.body)["message"]
        check("a second scope of one value is refused", refused.status == 422 and "has already been taken" in message)
    return scopes, scope_id


def drive_claim(caller, server_id):
    claims = onelogin.APIAuthClaimsApi(caller.client)
    wanted = onelogin.AuthClaim(name="surname", user_attribute_mappings="lastname")
    _, status, body = caller.call(claims.create_auth_claim, server_id, "application/json", wanted)
    check("a claim is made", status in (200, 201) and isinstance(body["id"], int))
    claim_id = body["id"]
    wanted.user_attribute_mappings = "firstname"
    _, status, body = caller.call(claims.update_claim, server_id, claim_id, "application/json", wanted)
    check("a claim is changed", status == 200 and body == {"id": claim_id})
    _, _, body = caller.call(claims.get_authclaims, server_id)
    found = [claim["user_attribute_mappings"] for claim in body if claim["id"] == claim_id]
    check("the claim reads back", found == ["firstname"])
    return claims, claim_id


def drive_app(caller):
    apps = onelogin.AppsApi(caller.client)
    _, status, body = caller.call(apps.list_connectors, "OpenId Connect*")
    oidc = [connector["id"] for connector in body if connector["name"] == "OpenId Connect (OIDC)"]
    check("the OIDC connector is found by name", status == 200 and len(oidc) == 1)
    wanted = onelogin.OidcApp(
        name="SDK client",
        visible=True,
        description="made by the SDK",
        policy_id=165278,
        connector_id=oidc[0],
        configuration=onelogin.ConfigurationOidc(
            login_url="https://sdk.example.com/login",
            redirect_uri="https://sdk.example.com/callback",
            access_token_expiration_minutes=5,
            refresh_token_expiration_minutes=60,
            token_endpoint_auth_method=1,
            oidc_application_type=0,
        ),
    )
    request = onelogin.CreateAppRequest(wanted)
    _, status, body = caller.call(apps.create_app, "application/json", request)
    check("an app is made with 201 and its secret", status == 201 and len(body["sso"]["client_secret"]) == 64)
    app_id = body["id"]
    read, status, body = caller.call(apps.get_app, app_id)
    check("the app reads back", status == 200 and body["name"] == "SDK client")
    check("the secret is never told again", not body["sso"].get("client_secret"))
    _, status, _ = caller.call(apps.update_app, app_id, {"description": "changed by the SDK"})
    _, _, body = caller.call(apps.get_app, app_id)
    check("an update merges", status == 200 and body["description"] == "changed by the SDK")
    check("what an update leaves out stays", body["configuration"]["redirect_uri"] == "https://sdk.example.com/callback")
    _, _, body = caller.call(apps.list_apps)
    check("the app is listed", app_id in [app["id"] for app in body])
    return apps, app_id


def drive_binding(caller, server_id, app_id, scope_id):
    clients = onelogin.APIAuthClientAppsApi(caller.client)
    request = onelogin.AddClientAppRequest(app_id=app_id, scopes=[scope_id])
    _, status, body = caller.call(clients.add_client_app, server_id, "application/json", request)
    check("an app is bound with 201", status == 201 and body == {"app_id": app_id, "api_auth_id": int(server_id)})
    _, status, body = caller.call(clients.list_client_apps, server_id)
    granted = [scope["value"] for client in body if client["app_id"] == app_id for scope in client["scopes"]]
    check("ids go in, scopes come out", status == 200 and granted == ["contacts:read"])
    request = onelogin.UpdateClientAppRequest(scopes=[])
    _, status, body = caller.call(clients.update_client_app, server_id, app_id, "application/json", request)
    check("a binding is changed", status == 200 and body == {"app_id": app_id, "api_auth_id": int(server_id)})
    _, status, _ = caller.call(clients.delete_client_app, server_id, app_id)
    check("a binding is taken away with 204", status == 204)


def main(host, client_id, client_secret):
    token = fetch_token(host, client_id, client_secret)
    caller = Caller(host, access_token=token)
    quota, status, _ = caller.call(onelogin.OAuth2Api(caller.client).get_rate_limit)
    check("the quota is told", status == 200 and quota is not None)
    servers, server_id = drive_server(caller)
    scopes, scope_id = drive_scope(caller, server_id)
    claims, claim_id = drive_claim(caller, server_id)
    apps, app_id = drive_app(caller)
    drive_binding(caller, server_id, app_id, scope_id)
    for what, method, arguments in [
        ("a claim", claims.delete_auth_claim, (server_id, claim_id)),
        ("a scope", scopes.delete_scope, (server_id, scope_id)),
        ("a server", servers.delete_auth_server, (server_id,)),
        ("an app", apps.delete_app, (app_id,)),
    ]:
        _, status, _ = caller.call(method, *arguments)
        check(f"{what} is deleted with 204", status == 204)
    try:
        servers.get_auth_server(server_id)
        check("what is deleted is not found", False)
    except NotFoundException as gone:
        check("what is deleted is not found", json.loads(gone.body)["name"] == "NotFoundError")
    try:
        onelogin.APIAuthorizationServerApi(Caller(host, access_token="wrong").client).list_auth_servers()
        check("a wrong token is refused", False)
    except UnauthorizedException as refused:
        check("a wrong token is refused", json.loads(refused.body)["name"] == "UnauthorizedError")
    basic = Caller(host, username=client_id, password=client_secret)
    request = onelogin.RevokeTokensRequest(access_token=token)
    _, status, body = basic.call(onelogin.OAuth2Api(basic.client).revoke_tokens, "application/json", request)
    check("the token is revoked", status == 200 and body["status"]["error"] is False)
    print(f"{len(PASSED)} passed, 0 failed")


if __name__ == "__main__":
    main(*sys.argv[1:4])
