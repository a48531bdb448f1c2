//! The table of codes.

use super::Severity;
use super::code::codes;

codes! {
    FileUnreadable "file-unreadable" Error
        "A configuration file cannot be read."
        "Nothing can be said about a file that is not there, is too large or is no regular file."
        "Name the file with `--file`, or make it a regular file that you may read."
    Syntax "syntax" Error
        "The file is not valid YAML 1.2."
        "What a broken line means cannot be guessed, and a wrong guess would change who may call what."
        "Mend the line; quotes help where a text holds signs that YAML reads, such as `: `, `#` or `${`."
    DuplicateKey "duplicate-key" Error
        "A key stands twice in one mapping, or in two files."
        "YAML readers keep one of the two without a word, and which one differs."
        "Keep one of the two, or merge what they say."
    UnknownKey "unknown-key" Error
        "A key is not part of the grammar."
        "A misspelt key that is passed over would leave out what it was meant to say."
        "Correct the spelling; `gatewright explain` lists all keys."
    WrongType "wrong-type" Error
        "A value has another type than the key takes."
        "A number or a list where a text belongs is read in another way than it was meant."
        "Write what `gatewright explain KEY` says; quotes make a text of a number."
    NullValue "null-value" Error
        "A key has no value."
        "It could mean to empty something or to leave it alone, and the two are far apart."
        "Write `{}`, `[]` or `\"\"` to empty, or remove the key to leave it alone."
    MissingKey "missing-key" Error
        "A required key is missing."
        "Without it the entry cannot be found or made."
        "Add the key; `gatewright explain KEY` says what it takes."
    InvalidValue "invalid-value" Error
        "A value is outside what the key takes."
        "OneLogin or the gateway would refuse it, or keep something else."
        "Write a value that `gatewright explain KEY` allows."
    InvalidKey "invalid-key" Error
        "The key of an entry is outside the allowed characters."
        "Keys are parts of addresses, file names and options."
        "Begin with a letter or digit, and use lower-case letters, digits, `_` and `-`, at most 63."
    HiddenCharacter "hidden-character" Error
        "A text holds a control, bidirectional or zero-width character."
        "Two texts that look alike would be two, and a reviewer would read something else than what is applied."
        "Type the text again instead of pasting it."
    Variable "variable" Error
        "A variable is unknown, refers to itself or cannot be used here."
        "A text with a hole in it would become a name, a URL or an audience."
        "Declare the variable below `variables`, or correct its name; `$${` is a literal `${`."
    EnvironmentVariable "environment-variable" Error
        "An environment variable is missing or refused."
        "Values of variables are shown in plans, so those that are named like secrets are never read."
        "Set the variable; a secret is only ever named, such as by `client_secret_env`."
    Environment "environment" Error
        "The chosen environment does not fit the file."
        "A plan for the wrong environment changes the wrong account."
        "Name one of the file's environments with `--env`."
    Include "include" Error
        "An included file is missing, outside the root or not a regular file."
        "A file that is left out looks like entries that are not wanted."
        "Correct the pattern; it is relative to the root file's folder and follows no links."
    UnknownReference "unknown-reference" Error
        "A reference names nothing in the file."
        "A grant or a policy would point at something else than it was meant for."
        "Correct the name, or add the entry; `external:` refers to what the file does not manage."
    DuplicateIdentity "duplicate-identity" Error
        "Two entries describe the same live object."
        "They would overwrite each other on every apply."
        "Keep one of the two, or tell them apart by name, identifier or `id`."
    Identity "identity" Error
        "It cannot be told which live object an entry means."
        "A guess could take over or rename somebody else's object."
        "Pin `id`, or say `renamed_from`, as the message shows."
    Snapshot "snapshot" Error
        "A snapshot is of another account, or does not hold what the file asks for."
        "What was not read may be there or not, and a plan that took it for absent would make it twice or delete it."
        "Take a snapshot of that account with the file that is planned, or plan from the account."
    SharedAudience "shared-audience" Error
        "Two servers accept the same audience without saying so."
        "One issuer signs for all servers of a tenant, so a token of either opens both APIs."
        "Give one another audience, or say `share_audience_with` on both."
    UngrantableScope "ungrantable-scope" Error
        "A scope is granted or required that its server does not have."
        "No token can carry it, so the grant is refused or the policy keeps everybody out."
        "Add it to the server's `scopes`, or to `inherited_scopes` where OneLogin supplies it."
    OutputPath "output-path" Error
        "The output path of a policy is not allowed or taken."
        "A policy file could overwrite an input, another policy or something outside the folder."
        "Give each policy and environment a path of its own inside the root file's folder."
    Probe "probe" Error
        "A probe cannot prove what it should."
        "A proof that fails for its own reasons says nothing about the gateway."
        "Probe with a client that may get in, or with a user where a claim is about one."
    PolicyIncomplete "policy-incomplete" Error
        "A gateway policy lacks something its gateway needs."
        "The rendered file would be refused, or would check less than it seems to."
        "Add the key that the message names, to the policy or to its server."
    NotExpressible "not-expressible" Error
        "The gateway cannot express what the policy asks for."
        "A file that says less than the policy would let more callers in."
        "Ask for what the gateway can check, or use another gateway."
    InvalidAudience "invalid-audience" Error
        "An audience is empty, has blanks around it or holds a comma."
        "MuleSoft's gateways take audiences as one comma-separated text and would split or trim it."
        "Write the API's URL as it is, without commas and blanks."
    InsecureIssuer "insecure-issuer" Error
        "The signing keys would be fetched without https."
        "Whoever sits on the way can put in keys of their own and sign tokens."
        "Give `tenant.base_url` as an https URL."
    ForeignIssuer "foreign-issuer" Error
        "A policy requires an issuer that is not the tenant's."
        "Every token carries the tenant's issuer, so nobody could get in."
        "Remove the claim `iss`: the tenant's issuer is always required."
    OpenRoutes "open-routes" Error
        "A policy's routes leave requests without a token check, and it does not say so."
        "A gateway lets requests pass that no policy matches."
        "Leave `routes` out, add a route `path: /.*` without methods, or say `open: true`."
    LintRefusedClient "lint-refused-client" Warning
        "A gateway policy refuses a client that is bound to its server."
        "The client gets its token and is turned away at the gateway: what works today breaks."
        "Grant the client what the policy requires, or require less. If it is meant to be kept out, allow this at the client's line or at the policy's rule."
    LintUnreachablePolicy "lint-unreachable-policy" Warning
        "No client can come through a gateway policy."
        "An API that nobody can call is a mistake more often than a wish."
        "Bind a client that holds what the policy requires, or require less."
    LintUnknownClaim "lint-unknown-claim" Warning
        "A policy requires a claim that no token of its server carries."
        "Every caller is refused, whoever it is."
        "Add the claim to the server's `claims`, or require another."
    LintListClaim "lint-list-claim" Warning
        "A policy compares a claim that is a list."
        "The gateway compares the whole list with each value, so a user with two entries is refused."
        "Require a scope, or a claim with one value."
    LintStandardClaim "lint-standard-claim" Warning
        "A server defines a claim that OneLogin sets itself."
        "The two collide, and which one a token carries is not documented."
        "Give the claim a name of its own."
    LintMacro "lint-macro" Warning
        "A brace of a claim's template is never closed."
        "The token would carry the template instead of the user's attribute."
        "Close the brace around the attribute's name, such as `{firstname} {lastname}`."
    LintNearAudience "lint-near-audience" Warning
        "Two audiences, or an audience and its server's identifier, differ by a slash at the end or by case."
        "Gateways compare audiences exactly, so a token for the one is refused for the other."
        "Write the same text everywhere."
    LintAnyClient "lint-any-client" Warning
        "A policy lets in every client that gets a token for its server."
        "The server lists its clients and their scopes one by one, and the gateway looks at none of it."
        "Say `require_scopes`, or require the claim `azp`."
    LintClientClaim "lint-client-claim" Warning
        "A policy looks for the client's id in a claim that OneLogin's tokens do not carry."
        "The gateway finds no id and answers 403 to everybody."
        "Say `client_id: azp`."
    LintKeyCache "lint-key-cache" Warning
        "A gateway would keep signing keys for more than a day."
        "A key that is withdrawn stays accepted as long; the unit is minutes, so a large number may be meant as seconds."
        "Give minutes; the gateway's default is 60."
    LintTokenLifetime "lint-token-lifetime" Warning
        "Access tokens live longer than a day, or longer than the refresh tokens beside them."
        "A gateway checks a token without asking OneLogin, so one that leaks opens the API until it ends; the unit is minutes."
        "Give minutes, such as 10, and refresh tokens more than that."
    LintOpenRoutes "lint-open-routes" Warning
        "A policy leaves routes without a token check, and says so."
        "Requests outside its routes pass without a token, also those to paths that are added later."
        "Cover everything and open single paths on the gateway, or allow this at the route with the reason."
    LintBasePath "lint-base-path" Warning
        "A route's path does not begin with the API's base path."
        "A Mule 4 gateway matches the whole path unless autodiscovery ignores the base path, so the policy may never apply."
        "Put the base path in front, or allow this where `ignoreBasePath` is set."
    LintPreflight "lint-preflight" Warning
        "A browser app calls an API whose policy also checks preflight requests."
        "Browsers send OPTIONS without a token before the call; MuleSoft's policy answers 400, and the call never happens."
        "Put a CORS policy before this one on the gateway and allow this, or list routes with methods and say `open: true`."
    LintSameApi "lint-same-api" Warning
        "Two policies without routes protect the same API instance."
        "The gateway checks every token twice, or refuses the second policy as a duplicate."
        "Merge the two, or give them routes."
    LintBaseUrl "lint-base-url" Warning
        "The tenant's base URL makes the issuer another one than it seems."
        "A gateway that trusts another tenant's keys lets in that tenant's tokens and refuses your own."
        "Give `tenant.base_url` as the origin of a custom domain of the same tenant."
    InvalidAllowance "invalid-allowance" Warning
        "A `# gatewright:` comment allows nothing as it stands."
        "What it was meant to allow is still reported, and the next reader believes otherwise."
        "Write `# gatewright: allow CODE reason`, with the code of a warning and a reason."
    UnusedAllowance "unused-allowance" Warning
        "A comment allows what is not there."
        "It would hide the problem without a word if it came back."
        "Remove the comment."
}
