//! Env files and the name of the secret.

use super::{CLERK_ROUTE, found, tree, warned};
use crate::dotenv::Variables;

#[test]
fn a_variable_that_nobody_reads_or_everybody_sees_is_warned_of() {
    let next = format!(
        "== package.json\n{{ \"dependencies\": {{ \"next\": \"16\", \"@clerk/nextjs\": \"7\" }} }}\n== app/hook/route.ts\n{CLERK_ROUTE}"
    );
    let stale = format!("{next}== .env.local\n# old\nWEBHOOK_SECRET=whsec_AAAA\n");
    assert_eq!(
        warned(&stale),
        [".env.local:2 `WEBHOOK_SECRET` is read by nobody: the app reads `CLERK_WEBHOOK_SIGNING_SECRET`"]
    );
    let other = format!("{next}== .env.local\nWEBHOOK_SECRET=of-github\nCLERK_WEBHOOK_SIGNING_SECRET=whsec_AAAA\n");
    assert_eq!(warned(&other), Vec::<String>::new());
    let public = format!(
        "{next}== .env\nNEXT_PUBLIC_CLERK_WEBHOOK_SIGNING_SECRET=whsec_AAAA\nNEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=pk_test_x\n"
    );
    assert_eq!(
        warned(&public),
        [".env:1 `NEXT_PUBLIC_CLERK_WEBHOOK_SIGNING_SECRET` holds a secret, and its value is put into every page"]
    );
    let reads = "== package.json\n{ \"dependencies\": { \"next\": \"16\" } }\n== app/hook/route.ts\nimport { Webhook } from 'svix' // clerk\nimport clerk from 'clerk'\nexport const POST = () => new Webhook(process.env.NEXT_PUBLIC_WEBHOOK_SECRET)\n";
    assert_eq!(
        warned(reads),
        ["app/hook/route.ts:3 the route reads `NEXT_PUBLIC_WEBHOOK_SECRET`, whose value is put into every page"]
    );
    // It is never the one that is written.
    let directory = tree(reads);
    assert_eq!(found(directory.path()).variable_name(&Variables::parse("")), "CLERK_WEBHOOK_SIGNING_SECRET");
    let elsewhere = format!(
        "{next}== lib/env.ts\nexport const old = process.env.WEBHOOK_SECRET\n== .env\nWEBHOOK_SECRET=whsec_AAAA\n"
    );
    assert_eq!(warned(&elsewhere), Vec::<String>::new());
}

const NEXT: &str = "== package.json\n{\"dependencies\":{\"next\":\"16.0.0\",\"react\":\"19.2.0\"}}\n";
const NUXT: &str = "== package.json\n{\"devDependencies\":{\"nuxt\":\"4.2.0\"}}\n";

#[test]
fn the_env_file_that_holds_the_secret_comes_first_then_one_with_a_key_then_the_frameworks() {
    for (files, expected) in [
        (format!("{NEXT}== .env\nCLERK_SECRET_KEY=sk_test_x"), ".env"),
        (format!("{NUXT}== .env\n\n== .env.local\nNUXT_CLERK_SECRET_KEY=sk_test_x"), ".env.local"),
        ("== .env.development\nVITE_CLERK_PUBLISHABLE_KEY=pk_test_x\n== .env\n".to_owned(), ".env.development"),
        ("== .env\nCLERK_WEBHOOK_SIGNING_SECRET=\n== .env.local\nCLERK_SECRET_KEY=x\n".to_owned(), ".env"),
        (
            "== .env\nWEBHOOK_SECRET=github\n== .env.development.local\nWEBHOOK_SECRET=whsec_x\n".to_owned(),
            ".env.development.local",
        ),
        (String::new(), ".env.local"),
        (format!("{NEXT}== .env\nPORT=3000\n"), ".env.local"),
        (NUXT.to_owned(), ".env"),
        ("== package.json\n{\"dependencies\":{\"astro\":\"5\",\"react\":\"19\"}}\n".to_owned(), ".env"),
        ("== package.json\n{\"dependencies\":{\"nuxt\":\"4\",\"next\":\"16\"}}\n".to_owned(), ".env.local"),
        ("== package.json\n[]\n== .env\n".to_owned(), ".env.local"),
        ("== package.json\n{broken\n".to_owned(), ".env.local"),
        ("== package.json\n{\"dependencies\":{\"express\":\"5\"}}\n== a.js\nconfig({ path: '.env.local' }); app.use(1)\n".to_owned(), ".env.local"),
    ] {
        let directory = tree(&files);
        assert_eq!(found(directory.path()).env_path(), directory.path().join(expected), "{files}");
    }
}

#[test]
fn a_name_that_is_there_is_kept_unless_something_says_what_is_read() {
    let clerk = "== package.json\n{\"dependencies\":{\"next\":\"16\",\"@clerk/nextjs\":\"7\"}}\n";
    let nuxt = "== package.json\n{\"dependencies\":{\"nuxt\":\"4\",\"@clerk/nuxt\":\"3\"}}\n";
    for (files, file, expected) in [
        ("", "", "CLERK_WEBHOOK_SIGNING_SECRET"),
        (NUXT, "", "NUXT_CLERK_WEBHOOK_SIGNING_SECRET"),
        ("", "CLERK_WEBHOOK_SECRET=", "CLERK_WEBHOOK_SECRET"),
        ("", "WEBHOOK_SECRET=whsec_x\nSIGNING_SECRET=''", "SIGNING_SECRET"),
        ("", "WEBHOOK_SECRET=of-github", "CLERK_WEBHOOK_SIGNING_SECRET"),
        (
            NUXT,
            "CLERK_WEBHOOK_SIGNING_SECRET=a\nNUXT_CLERK_WEBHOOK_SIGNING_SECRET=b",
            "NUXT_CLERK_WEBHOOK_SIGNING_SECRET",
        ),
        (NUXT, "CLERK_WEBHOOK_SIGNING_SECRET=a", "CLERK_WEBHOOK_SIGNING_SECRET"),
        ("", "#CLERK_WEBHOOK_SECRET=x", "CLERK_WEBHOOK_SIGNING_SECRET"),
        (clerk, "WEBHOOK_SECRET=whsec_x\nCLERK_WEBHOOK_SECRET=whsec_y", "CLERK_WEBHOOK_SIGNING_SECRET"),
        (nuxt, "CLERK_WEBHOOK_SIGNING_SECRET=whsec_x", "NUXT_CLERK_WEBHOOK_SIGNING_SECRET"),
    ] {
        let directory = tree(files);
        assert_eq!(found(directory.path()).variable_name(&Variables::parse(file)), expected, "{files} {file}");
    }
}
