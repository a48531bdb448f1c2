//! The vendor's documented examples and the traps of the subset.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Dialect, Expression, Scope};

const MULE: Dialect = Dialect { null_literal: true };
const FLEX: Dialect = Dialect { null_literal: false };

fn claims() -> Map<String, Value> {
    let claims = json!({
        "iss": "https://acme.onelogin.com/oidc/2",
        "scope": "contacts:read contacts:write:all unread",
        "groups": ["admins", "staff"],
        "level": 3,
        "big": 9_007_199_254_740_993_u64,
        "verified": true,
        "nothing": null,
        "address": {"city": "Berlin"},
        "grants": [{"on": "a"}, {"on": "b"}],
        "my claim": "spaced",
    });
    claims.as_object().cloned().unwrap()
}

/// Evaluates the text between `#[` and `]`; an error becomes its message.
fn evaluate(source: &str, dialect: Dialect) -> Result<Value, String> {
    let headers = [("X-Token".to_owned(), "abc".to_owned()), ("x-token".to_owned(), "second".to_owned())];
    let claims = claims();
    let scope =
        Scope { claims: &claims, headers: &headers, method: "GET", path: "/contacts", query: "a=1&a=2&b=x%20y" };
    let expression = Expression::parse(&format!("#[{source}]"), dialect).map_err(|error| error.to_string())?;
    scope.value(&expression.root).map_err(|error| error.to_string())
}

fn check(source: &str, expected: Value) {
    assert_eq!(evaluate(source, MULE), Ok(expected), "{source}");
}

fn check_error(source: &str, part: &str) {
    match evaluate(source, FLEX) {
        Ok(value) => panic!("{source} is {value}, expected an error about {part}"),
        Err(message) => assert!(message.contains(part), "{source}: {message}"),
    }
}

#[test]
fn literals() {
    check("true", json!(true));
    check("'a'", json!("a"));
    check("\"a'b\"", json!("a'b"));
    check(r"'a\'b\\c\$(d)\n\u00e9'", json!("a'b\\c$(d)\né"));
    check("'costs 5$'", json!("costs 5$"));
    check("12", json!(12));
    check("-1.5e2", json!(-150.0));
    check("[1, 'a', [true]]", json!([1, "a", [true]]));
    check("[]", json!([]));
    check("null", json!(null));
    check_error("null", "literal `null`");
}

#[test]
fn selectors() {
    check("vars.claimSet.iss", json!("https://acme.onelogin.com/oidc/2"));
    check("vars['claimSet']['my claim']", json!("spaced"));
    check("vars.claimSet.'my claim'", json!("spaced"));
    check("vars.claimSet.absent", json!(null));
    check("vars.claimSet.absent.deeper[0]", json!(null));
    check("vars.claimSet.address.city", json!("Berlin"));
    check("vars.claimSet.groups[0]", json!("admins"));
    check("vars.claimSet.groups[-1]", json!("staff"));
    check("vars.claimSet.groups[7]", json!(null));
    check("vars.claimSet.grants.on", json!(["a", "b"]));
    check("'abc'[1]", json!("b"));
    check("attributes.headers['x-TOKEN']", json!("abc"));
    check("attributes.headers.absent", json!(null));
    check("attributes.method", json!("GET"));
    check("attributes.requestPath", json!("/contacts"));
    check("attributes.requestUri", json!("/contacts?a=1&a=2&b=x%20y"));
    check("attributes.queryString", json!("a=1&a=2&b=x%20y"));
    check("attributes.queryParams.a", json!("1"));
    check("attributes.queryParams['b']", json!("x y"));
    check("authentication.properties['key_to_your_public_pem_certificate']", json!(null));
    check("authentication.properties.claims.sub", json!(null));
    check_error("vars.claimSet[0]", "not defined for Object");
    check_error("vars.claimSet.level.x", "not defined for Number");
    check_error("vars.claimSet.groups.x", "not defined for String");
    check_error("vars.other", "`vars.other` is not a variable");
    check_error("vars", "the name of a variable");
    check_error("attributes.remoteAddress", "`attributes.remoteAddress`");
    check_error("vars.claimSet[vars.claimSet.iss]", "a quoted name or a whole number");
    check_error("claims.iss", "`claims` is not a variable");
}

/// Source: DataWeave operators page, equality and relational examples.
#[test]
fn comparisons() {
    check("1 == 1", json!(true));
    check("1 == 1.0", json!(true));
    check("1 == 2", json!(false));
    check("'true' == true", json!(false));
    check("'1' == 1", json!(false));
    check("1 != 2", json!(true));
    check("1 < 1", json!(false));
    check("1 > 2", json!(false));
    check("1 <= 1", json!(true));
    check("1 >= 1", json!(true));
    check("'123' > 12", json!(true));
    check("123 > '12'", json!(true));
    check("'9' > 12", json!(true));
    check("9 > '12'", json!(false));
    check("['a', 'b'] == ['a', 'b']", json!(true));
    check("['b', 'a'] == ['a', 'b']", json!(false));
    check("vars.claimSet.groups == ['admins', 'staff']", json!(true));
    check("vars.claimSet.nothing == vars.claimSet.absent", json!(true));
    check("vars.claimSet.big == 9007199254740992", json!(false));
    check_error("true > false", "`>` is not defined for Boolean, Boolean");
    check_error("1 < 'x'", "`<` is not defined for Number, String");
    check_error("vars.claimSet.absent >= 1", "`>=` is not defined for Null, Number");
    check_error("1 == 1 == true", "several comparisons in a row");
    check_error("1 < 2 < 3", "several comparisons in a row");
}

/// Source: DataWeave operators page, logical operators; precedence page, levels 5 to 9.
#[test]
fn logic() {
    check("true and false", json!(false));
    check("true or false", json!(true));
    check("false and false or true", json!(true));
    check("true or false and false", json!(true));
    check("1 == 1 and 2 == 2", json!(true));
    check("1 == 4 or not 1 == 2", json!(true));
    check("1 == 1 and not 1 == 2", json!(true));
    check("not (1 == 1 and not 1 == 1)", json!(true));
    check("(not true) or true", json!(true));
    check("not (true or true)", json!(false));
    check("not not true", json!(true));
    check("true or vars.claimSet.absent", json!(true));
    check("false and vars.claimSet.absent", json!(false));
    check("vars.claimSet.absent default 'x'", json!("x"));
    check("vars.claimSet.level default 'x'", json!(3));
    // `default` is looser than `==`.
    check("vars.claimSet.absent default 'x' == 'y'", json!(false));
    check("if (vars.claimSet.verified) 'a' else 'b'", json!("a"));
    check("if (false) 1 else if (false) 2 else 3", json!(3));
    check("(if (true) 1 else 2) == 1", json!(true));
    check_error("vars.claimSet.absent and true", "`and` is not defined for Null");
    check_error("'true' or true", "`or` is not defined for String");
    check_error("not 'x'", "`not` is not defined for String");
    check_error("if ('x') 1 else 2", "`if` is not defined for String");
    check_error("not true or true", "order of `not`");
    check_error("true and not false or true", "order of `not`");
    check_error("true == not false", "order of `not`");
    check_error("not(true)", "a blank between `not` and `(`");
    check_error("1 == if (true) 1 else 2", "order of `if`");
    check_error("if true 1 else 2", "`(` after `if`");
    check_error("if (true) 1", "`else`");
}

/// Source: the pages of `contains`, `splitBy` and `++`.
#[test]
fn infix_functions() {
    check("[ 1, 2, 3, 4 ] contains(2)", json!(true));
    check("'mulesoft' contains('mule')", json!(true));
    check("'192.88.99.0' splitBy('.')", json!(["192", "88", "99", "0"]));
    check("('192.88.99.0' splitBy('.'))[0]", json!("192"));
    check("'a-b-c' splitBy('-')", json!(["a", "b", "c"]));
    check("'hey' splitBy('')", json!(["h", "e", "y"]));
    check("'no split' splitBy('NO')", json!(["no split"]));
    check("splitBy('a b', ' ')", json!(["a", "b"]));
    check("contains(['a'], 'a')", json!(true));
    check("'a' ++ 'b' ++ 'c'", json!("abc"));
    check("[1] ++ [2]", json!([1, 2]));
    check("'a b' splitBy ' ' contains 'b'", json!(true));
    check("(vars.claimSet.scope splitBy ' ') contains 'contacts:read'", json!(true));
    check("(vars.claimSet.scope splitBy ' ') contains 'read'", json!(false));
    // The documented trap: on a string, `contains` looks for a part.
    check("vars.claimSet.scope contains 'read'", json!(true));
    check("vars.claimSet.groups contains 'admin'", json!(false));
    check("vars.claimSet.groups contains 'admins'", json!(true));
    check_error("vars.claimSet.absent contains 'a'", "`contains` is not defined for Null, String");
    check_error("vars.claimSet.absent splitBy ' '", "`splitBy` is not defined for Null, String");
    check_error("'a' ++ 1", "`++` is not defined for String, Number");
    check_error("1 contains 1", "`contains` is not defined for Number, Number");
}

#[test]
fn infix_functions_beside_operators_need_parentheses() {
    let mixed = "functions such as `contains` and operators beside each other";
    check_error("'ab' contains 'a' and 'ab' contains 'b'", mixed);
    check_error("true or 'ab' contains 'b'", mixed);
    check_error("'a' ++ 'b' == 'ab'", mixed);
    check_error("'ab' == 'a' ++ 'b'", mixed);
    check_error("vars.claimSet.absent default '' contains 'a'", mixed);
    check_error("not 'ab' contains 'a'", "`not` and functions");
    check("('ab' contains 'a') and ('ab' contains 'b')", json!(true));
    check("not ('ab' contains 'c')", json!(true));
    check("(vars.claimSet.absent default '') contains 'a'", json!(false));
}

/// Source: the example tables of the pages of `dw::core::Strings`, `lower`, `upper`, `trim` and `sizeOf`.
#[test]
fn prefix_functions() {
    let tables = [
        ("substringAfter", ["", "c", "cba", "", "bc"]),
        ("substringBefore", ["", "a", "a", "", ""]),
        ("substringBeforeLast", ["", "a", "abc", "", "ab"]),
    ];
    for (name, [empty, one, two, none, blank]) in tables {
        check(&format!("{name}(vars.claimSet.absent, '-')"), json!(null));
        check(&format!("{name}('', '-')"), json!(empty));
        check(&format!("{name}('abc', 'b')"), json!(one));
        check(&format!("dw::core::Strings::{name}('abcba', 'b')"), json!(two));
        check(&format!("'abc' {name} 'd'"), json!(none));
        check(&format!("{name}('abc', '')"), json!(blank));
    }
    check("substringAfterLast('abc', 'b')", json!("c"));
    check("substringAfterLast('abcba', 'b')", json!("a"));
    check("substringAfterLast('abc', 'd')", json!(""));
    check("substringAfterLast('abc', '')", json!(null));
    check("lower('AbÉ')", json!("abé"));
    check("upper('abé')", json!("ABÉ"));
    check("trim('  a b ')", json!("a b"));
    check("lower(vars.claimSet.absent)", json!(null));
    check("sizeOf(['a', 'b'])", json!(2));
    check("sizeOf('äb')", json!(2));
    check("sizeOf(vars.claimSet.address)", json!(1));
    check_error("sizeOf(vars.claimSet.absent)", "`sizeOf` is not defined for Null");
    check_error("sizeOf('a', 'b')", "`sizeOf` takes 1 argument(s), 2 given");
    check_error("contains('a')", "`contains` takes 2 argument(s), 1 given");
    check_error("'a' lower 'b'", "`lower` takes 1 argument(s)");
    check_error("lower", "`(` and the arguments");
}

#[test]
fn full_dataweave_is_refused_by_name() {
    check_error("%dw 2.0 --- true", "a `%dw` header");
    check_error("import some from dw::core::Arrays", "`import`");
    check_error("vars.claimSet.groups some true", "`some`");
    check_error("vars.claimSet.groups some ((g) -> g == 'a')", "a lambda");
    check_error("vars.claimSet.groups filter true", "`filter`");
    check_error("vars.claimSet.groups map $", "`$`");
    check_error("vars.claimSet.scope is Array", "`is`");
    check_error("vars.claimSet.level as String", "`as`");
    check_error("{a: 1}", "an object literal");
    check_error("do { true }", "an object literal");
    check_error("uuid() == 'a'", "`uuid()`");
    check_error("payload.a", "`payload`");
    check_error("'$(vars.claimSet.iss)'", "string interpolation");
    check_error("'$name'", "string interpolation");
    check_error("'a' ~= 'b'", "`~=`");
    check_error("!true", "`!`");
    check_error("1 + 1", "`+`");
    check_error("2 -1", "`-`");
    check_error("vars.claimSet.a-b", "`-`");
    check_error("'a' matches /b/", "a regular expression");
    check_error("true // yes", "a comment");
    check_error("dw::util::Values::mask('a')", "`dw::util::Values::mask`");
    check_error("dw::core::Strings::lower('A')", "`dw::core::Strings::lower`");
    check_error("vars.claimSet.iss?", "`?`");
}

#[test]
fn malformed_expressions_are_refused() {
    check_error("", "a value");
    check_error("'a", "the closing quote");
    check_error(r"'\q'", "a known escape");
    check_error(r"'\uD83D'", "four hex digits");
    check_error("(true", "`)`");
    check_error("[1, ", "a value");
    check_error("true true", "an operator or the end");
    check_error("1x", "a number");
    check_error("vars.", "a name after `.`");
    check_error("vars.claimSet.iss == ", "a value");
    check_error("true é", "outside the DataWeave subset");
    check_error(&"(".repeat(500), "too large");
    check_error(&"not ".repeat(500), "too large");
    check_error(&format!("'{}'", "a".repeat(20_000)), "too large");
    check_error(&format!("vars.claimSet{}", ".a".repeat(4000)), "too large");
    check_error(&format!("true{}", " and true".repeat(2049)), "too large");
    check_error(&format!("'a'{}", "++''".repeat(1000)), "too large");
    check(&format!("true{}", " and true".repeat(1800)), json!(true));
    check(&format!("vars.claimSet{}", ".absent".repeat(120)), json!(null));
    check(&format!("'a'{}", "++''".repeat(120)), json!("a"));
    check(&format!("{}true{}", "(".repeat(63), ")".repeat(63)), json!(true));
    check(&format!("{}true", "not ".repeat(62)), json!(true));
    check(&format!("{}1{}", "[".repeat(63), "]".repeat(63)), nested(63));
    assert!(Expression::parse("true", FLEX).is_err());
    assert!(Expression::parse("#[true", FLEX).is_err());
}

/// A 1 in so many lists.
fn nested(lists: usize) -> Value {
    (0..lists).fold(json!(1), |inner, _| json!([inner]))
}

#[test]
fn a_result_of_another_type_is_an_error() {
    let claims = claims();
    let scope = Scope { claims: &claims, headers: &[], method: "GET", path: "/", query: "" };
    let holds = |source: &str| Expression::parse(source, FLEX).unwrap().holds(&scope);
    assert_eq!(holds("#[vars.claimSet.verified]"), Ok(true));
    assert!(holds("#[vars.claimSet.scope]").is_err());
    assert!(holds("#[vars.claimSet.absent]").is_err());
    let text = |source: &str| Expression::parse(source, FLEX).unwrap().text(&scope);
    assert_eq!(text("#[vars.claimSet.absent]"), Ok(None));
    assert!(text("#[vars.claimSet.level]").is_err());
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(source in "\\PC{0,80}") {
        let _ = Expression::parse(&format!("#[{source}]"), MULE);
    }

    #[test]
    fn any_tokens_are_parsed_or_refused(tokens in proptest::collection::vec(token(), 0..24)) {
        let _ = evaluate(&tokens.join(" "), MULE);
    }

    #[test]
    fn the_scope_expression_is_membership_of_a_set(
        granted in proptest::collection::vec("[a-c:]{1,3}", 0..5),
        wanted in "[a-c:]{1,3}",
    ) {
        let claims = Map::from_iter([("scope".to_owned(), json!(granted.join(" ")))]);
        let scope = Scope { claims: &claims, headers: &[], method: "GET", path: "/", query: "" };
        let source = format!("#[(vars.claimSet.scope splitBy ' ') contains '{wanted}']");
        let holds = Expression::parse(&source, FLEX).unwrap().holds(&scope);
        prop_assert_eq!(holds, Ok(granted.contains(&wanted)));
    }
}

fn token() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "(",
        ")",
        "[",
        "]",
        ",",
        ".",
        "==",
        "<",
        "and",
        "or",
        "not",
        "default",
        "if",
        "else",
        "'a'",
        "1",
        "true",
        "contains",
        "splitBy",
        "++",
        "lower",
        "sizeOf",
        "vars.claimSet.scope",
        "vars.claimSet.absent",
        "null",
    ])
}
