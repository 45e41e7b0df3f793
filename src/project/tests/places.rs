//! Where a project begins and ends, and how much of it is read.

use std::fs;

use tempfile::TempDir;

use super::super::tree::{FILES, Reader};
use super::super::{Search, find};
use super::{CLERK_ROUTE, found, told, tree, warned};

#[test]
fn from_a_monorepos_root_the_package_with_the_route_is_taken() {
    for (name, root) in [
        ("npm", "== package.json\n{ \"workspaces\": [\"apps/*\"] }\n"),
        ("yarn", "== package.json\n{ \"workspaces\": { \"packages\": [\"./apps/**\"] } }\n"),
        (
            "pnpm",
            "== package.json\n{}\n== pnpm-workspace.yaml\npackages:\n  # the apps\n  - 'apps/*'\n  - \"!apps/old\"\n",
        ),
        ("none", "== .git/HEAD\nref: refs/heads/main\n"),
    ] {
        let route = "apps/web/src/app/api/webhooks/route.ts";
        let text = format!(
            "{root}== apps/web/package.json\n{{ \"dependencies\": {{ \"next\": \"16\" }} }}\n== {route}\n{CLERK_ROUTE}\
             == apps/docs/package.json\n{{ \"dependencies\": {{ \"astro\": \"7\" }} }}\n"
        );
        let directory = tree(&text);
        assert_eq!(found(directory.path()).directory, directory.path().join("apps/web"), "{name}");
        let below = directory.path().join("apps/web/src/app");
        assert_eq!(found(&below).directory, directory.path().join("apps/web"), "{name}, from below");
        fs::create_dir_all(directory.path().join("apps/admin/app/hook")).expect("made");
        fs::write(directory.path().join("apps/admin/package.json"), "{ \"dependencies\": { \"next\": \"16\" } }")
            .expect("written");
        fs::write(directory.path().join("apps/admin/app/hook/route.ts"), CLERK_ROUTE).expect("written");
        let Search::Several(projects) = find(directory.path(), None) else { panic!("{name}: several") };
        assert_eq!(projects.len(), 2, "{name}");
    }
}

#[test]
fn nothing_is_a_project_where_there_is_none() {
    let empty = tempfile::tempdir().expect("a directory");
    let project = found(empty.path());
    assert!(!project.is_package && project.framework.is_none());
    assert_eq!(project.env_path(), empty.path().join(".env.local"));
    // What lies above a repository, at home, or where everybody may write, is not looked at.
    let above = tree("== package.json\n{}\n== inner/.git/HEAD\nx\n== inner/deep/file\nx\n== home/file\nx\n");
    assert!(!found(&above.path().join("inner/deep")).is_package);
    let at_home = find(&above.path().join("home"), Some(above.path()));
    assert!(matches!(at_home, Search::One(project) if !project.is_package));
}

#[test]
fn a_broken_manifest_is_told_and_the_rest_is_found() {
    let text = format!(
        "== package.json\n{{\n  \"dependencies\": {{,\n}}\n== .env\nCLERK_SECRET_KEY=sk_test_x\n== hook.js\n{CLERK_ROUTE}"
    );
    assert_eq!(warned(&text), ["package.json:2 it is no JSON"]);
    assert_eq!(told(tree(&text).path()), "unknown | - | - | .env .env:1 | CLERK_WEBHOOK_SIGNING_SECRET hook.js:2");
}

#[test]
fn what_may_not_be_read_is_passed_over() {
    let directory =
        tree("== package.json\n{ \"dependencies\": { \"express\": \"5\" } }\n== a/hook.js\nx\n== b.js\nx\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for name in ["a", "b.js"] {
            let path = directory.path().join(name);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("mode");
        }
    }
    assert!(told(directory.path()).starts_with("express 5 | - | -"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(directory.path().join("a"), fs::Permissions::from_mode(0o700)).expect("mode");
    }
}

#[cfg(unix)]
#[test]
fn no_link_leads_out_and_no_ring_is_walked() {
    use std::os::unix::fs::symlink;
    let outside = tree(
        "== app/hook/route.ts\nimport { verifyWebhook } from '@clerk/nextjs/webhooks'\nexport const POST = (r) => verifyWebhook(r)\n== .env\nCLERK_WEBHOOK_SIGNING_SECRET=whsec_x\n",
    );
    let directory = tree("== package.json\n{ \"dependencies\": { \"next\": \"16\" } }\n");
    symlink(outside.path().join("app"), directory.path().join("app")).expect("a link");
    symlink(directory.path(), directory.path().join("ring")).expect("a link");
    let project = found(directory.path());
    assert_eq!(project.routes, []);
    // An env file may be one, which is told.
    symlink(outside.path().join(".env"), directory.path().join(".env")).expect("a link");
    let project = found(directory.path());
    assert_eq!(project.env_file.as_ref().map(|found| found.value.as_str()), Some(".env"));
    assert!(project.warnings[0].found.value.starts_with("it is a link to"), "{:?}", project.warnings);
}

/// A package of `count` sources in directories of a hundred.
fn large(count: usize) -> TempDir {
    let directory =
        tree("== package.json\n{ \"dependencies\": { \"next\": \"16\" } }\n== node_modules/a/index.js\nx\n");
    for folder in 0..count / 100 {
        let folder = directory.path().join(format!("lib/part{folder}"));
        fs::create_dir_all(&folder).expect("made");
        (0..100).for_each(|file| {
            fs::write(folder.join(format!("file{file}.ts")), "export const a = 1\n").expect("written")
        });
    }
    fs::create_dir_all(directory.path().join("app/api/webhooks")).expect("made");
    fs::write(directory.path().join("app/api/webhooks/route.ts"), CLERK_ROUTE).expect("written");
    directory
}

#[test]
fn so_many_files_are_opened_and_no_more() {
    let directory = large(2_000);
    let project = found(directory.path());
    assert_eq!(project.routes[0].value.path, "/api/webhooks");
    assert_eq!(project.opened, FILES);
    let reader = Reader::within(directory.path());
    assert!(reader.sources(directory.path()).iter().all(|file| !file.to_string_lossy().contains("node_modules")));
    assert_eq!(reader.opened(), 0);
}

/// The times of a usual and of a large project, for the one who asks: `cargo test --lib project -- --ignored --nocapture`.
#[test]
#[ignore = "it measures"]
#[allow(clippy::print_stderr, reason = "its figures are what it is for")]
fn times() {
    for count in [300, 100_000] {
        let directory = large(count);
        let took: Vec<_> = (0..5)
            .map(|_| {
                let before = std::time::Instant::now();
                found(directory.path());
                before.elapsed()
            })
            .collect();
        eprintln!("{count} files: {took:?}");
    }
}
