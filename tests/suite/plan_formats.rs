//! One rich plan in all four formats: who gains, who loses and what breaks stands on the first screen.

use crate::support::{Program, root};
use serde_json::Value;

/// How many lines a first screen has.
const SCREEN: usize = 24;

/// What a reviewer has to learn on the first screen: a stricter policy, a new grant, a shorter life, a removed scope, another
/// audience, and who goes.
const ANSWERS: [(&str, &str); 7] = [
    ("breaks", "gateway policy `contacts-mule` refuses `lobby-kiosk`: on `contacts` it lacks `contacts:write`"),
    ("breaks", "tokens of `contacts` no longer open `urn:contacts:v1`"),
    ("breaks", "`old-portal` gets no more tokens for `contacts`: it loses `contacts:read`"),
    ("widens", "`contacts-batch` may get `contacts:write` on `contacts`"),
    ("widens", "tokens of `contacts` open `urn:contacts:v2` too"),
    ("narrows", "access tokens of `contacts` live 10 minutes instead of 60 minutes"),
    ("narrows", "`contacts-web` no longer gets `contacts:admin` on `contacts`"),
];

/// A program in front of the account and the policy files of `before.yaml`.
fn program() -> Program {
    let program = Program::new();
    let fixture = root().join("tests/fixtures/plan");
    for name in ["seed.json", "before.yaml", "gatewright.yaml"] {
        program.write(name, &std::fs::read_to_string(fixture.join(name)).unwrap());
    }
    assert_eq!(program.run("render -f before.yaml").code, 0);
    program
}

fn plan(program: &Program, format: &str) -> String {
    let run = program.run(&format!("plan --emulator --emulator-seed seed.json --format {format}"));
    assert_eq!(run.code, 0, "{}", run.block());
    run.stdout
}

/// Joins the first lines, so that a sentence may be broken.
fn first_screen(text: &str) -> String {
    let lines: Vec<&str> = text.lines().take(SCREEN).collect();
    lines.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_account_of_the_rich_plan_is_what_it_changes() {
    let program = program();
    assert_eq!(program.run("plan -f before.yaml --emulator --emulator-seed seed.json").stdout, "No changes.\n");
}

#[test]
fn text_answers_on_the_first_screen() {
    let text = plan(&program(), "text");
    let screen = first_screen(&text);
    for (impact, sentence) in ANSWERS {
        assert!(screen.contains(&format!("{impact}: {sentence}")), "{sentence}\n{screen}");
    }
    assert!(screen.contains("Access changes: 4 breaks, 3 widens, 4 narrows"), "{screen}");
    for line in text.lines().take_while(|line| !line.contains("gateway_policy/")) {
        assert!(line.chars().count() <= 80, "too wide: {line}");
    }
    insta::assert_snapshot!("text", text);
}

#[test]
fn markdown_answers_on_the_first_screen() {
    let markdown = plan(&program(), "markdown");
    let screen = first_screen(&markdown);
    for (impact, sentence) in ANSWERS {
        let heading = markdown.to_lowercase().find(&format!("\n**{impact}:")).unwrap();
        let place = markdown.find(sentence).unwrap();
        assert!(screen.contains(sentence), "{sentence}\n{screen}");
        assert!(markdown[heading..place].matches("\n**").count() == 1, "{sentence} stands below {impact}");
    }
    assert!(markdown.len() <= 65_536);
    insta::assert_snapshot!("markdown", markdown);
}

#[test]
fn json_is_of_the_published_schema_and_answers() {
    let text = plan(&program(), "json");
    let published = std::fs::read_to_string(root().join("schemas/plan.v1.json")).unwrap();
    let schema: Value = serde_json::from_str(&published).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    for (impact, sentence) in ANSWERS {
        let access = json["access"].as_array().unwrap();
        assert!(access.iter().any(|change| change["impact"] == impact && change["sentence"] == sentence), "{sentence}");
    }
    insta::assert_snapshot!("json", text);
}

#[test]
fn html_answers_before_anything_else() {
    let html = plan(&program(), "html");
    let (first, rest) = html.split_once("<section id=\"graph\"").unwrap();
    let plain = |html: &str| html.replace("<wbr>", "").replace("<code>", "`").replace("</code>", "`");
    let (first, rest) = (plain(first), plain(rest));
    for (impact, sentence) in ANSWERS {
        let heading = first.find(&format!("<h3 id=\"{impact}\"")).unwrap();
        let place = first.find(sentence).unwrap_or_else(|| panic!("{sentence}\n{first}"));
        assert!(first[heading..place].matches("<h3").count() == 1, "{sentence} stands below {impact}");
    }
    assert!(!html.contains("<script"), "what the account says stays text");
    assert!(rest.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
    let (head, page) = html.split_once("<style>").unwrap();
    let (style, body) = page.split_once("</style>").unwrap();
    assert!(!style.contains("url(") && !style.contains("@import"), "nothing is loaded");
    assert!(head.contains("default-src 'none'; style-src 'sha256-"), "{head}");
    insta::assert_snapshot!("html", body);
}

/// A plan that has anything to say says what it is about, also where the account stays as it is.
#[test]
fn a_plan_of_policy_files_alone_has_a_heading() {
    let program = program();
    let line = "plan -f before.yaml --emulator --emulator-seed seed.json";
    let edited = "policies/contacts-mule.json";
    program.write(edited, &program.read(edited).replace("\"validateAudClaim\": true", "\"validateAudClaim\": false"));
    for (format, heading) in [
        ("text", "Plan for acme.onelogin.com, account 555555\n"),
        ("markdown", "### Plan for `acme.onelogin.com`, account 555555\n"),
        ("html", "<h1>Plan for <code>acme.onelogin.com</code></h1>"),
        ("json", "\"tenant\": \"acme.onelogin.com\""),
    ] {
        let plan = program.run(&format!("{line} --format {format}")).stdout.replace("<wbr>", "");
        assert!(plan.contains(heading) && plan.contains(edited), "{plan}");
        assert!(format != "text" || plan.starts_with(heading), "{plan}");
    }
}
