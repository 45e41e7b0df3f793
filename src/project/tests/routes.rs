//! What is a route, and what only looks like one.

use super::{found, says, tree};

#[test]
fn two_frameworks_in_one_package_and_the_route_says_which() {
    let package = r#"== package.json
{ "dependencies": { "next": "16.4.0", "express": "5.3.0", "@clerk/backend": "3" } }
"#;
    let api = format!(
        "{package}== server.js
const {{ verifyWebhook }} = require('@clerk/backend/webhooks')
app.post('/hook', (req) => verifyWebhook(req))
app.listen(4400)
"
    );
    says(
        &api,
        "express 5.3 | 4400 server.js:3 | /hook server.js:2 | .env package.json:1 | CLERK_WEBHOOK_SIGNING_SECRET server.js:2",
    );
    let page = format!(
        "{package}== app/hook/route.js
import {{ verifyWebhook }} from '@clerk/backend/webhooks'
export const POST = (req) => verifyWebhook(req)
"
    );
    says(
        &page,
        "next 16.4 | 3000 package.json:1 | /hook app/hook/route.js:2 | .env.local package.json:1 | \
         CLERK_WEBHOOK_SIGNING_SECRET app/hook/route.js:2",
    );
}

#[test]
fn what_is_no_route_is_not_told_as_one() {
    for (what, source) in [
        ("a comment", "// import '@clerk/backend/webhooks'\n/* app.post('/x', (r) => verifyWebhook(r)) */"),
        (
            "a text",
            "const help = `import { verifyWebhook } from '@clerk/backend/webhooks'; app.post('/x', verifyWebhook(r))`",
        ),
        (
            "another provider's",
            "import p from 'paddle'\nclass P { async verifyWebhook(raw) {} }\napp.post('/x', (r) => p.verifyWebhook(r))",
        ),
        ("a definition", "import { t } from '@clerk/types'\nasync function verifyWebhook(r) {}"),
        (
            "a path that holds a value",
            "import { verifyWebhook } from '@clerk/backend/webhooks'\napp.post('/x/:tenant', (r) => verifyWebhook(r))",
        ),
        ("an expression that holds a quote", "const odd = /['\"`]/\n// '@clerk/backend'\nconst s = 'app.post(\"/x\")'"),
    ] {
        let text = format!("== package.json\n{{ \"dependencies\": {{ \"express\": \"5\" }} }}\n== hook.js\n{source}\n");
        assert_eq!(found(tree(&text).path()).routes, [], "{what}");
    }
    let test = "== package.json\n{}\n== hook.test.js\nimport { verifyWebhook } from '@clerk/backend/webhooks'\napp.post('/x', (r) => verifyWebhook(r))\n";
    assert_eq!(found(tree(test).path()).routes, [], "a test");
    let made = "== package.json\n{}\n== .next/server/hook.js\nimport { verifyWebhook } from '@clerk/backend/webhooks'\napp.post('/x', (r) => verifyWebhook(r))\n";
    assert_eq!(found(tree(made).path()).routes, [], "made by a tool");
}

#[test]
fn several_routes_are_all_found_and_another_services_is_left_out() {
    let text = r#"== package.json
{ "dependencies": { "express": "5" } }
== resend.js
import { Webhook } from 'svix'
app.post('/resend', (req) => new Webhook(process.env.RESEND_WEBHOOK_SECRET).verify(req.body))
== clerk.js
import { verifyWebhook } from '@clerk/backend/webhooks'
app.post('/one', (req) => verifyWebhook(req))
== other.js
import { verifyWebhook } from '@clerk/backend/webhooks'
app.post('/two', (req) => verifyWebhook(req))
"#;
    let directory = tree(text);
    let paths: Vec<String> = found(directory.path()).routes.into_iter().map(|route| route.value.path).collect();
    assert_eq!(paths, ["/one", "/two"]);
}
