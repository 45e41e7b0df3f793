//! The script that starts the dev server: the port that it names.

use super::Found;
use super::manifest::Manifest;

/// The scripts that start a dev server, the most usual first.
const NAMES: [&str; 6] = ["dev", "start:dev", "dev:server", "develop", "serve", "start"];

/// Programs whose `-p` is the port; elsewhere it is something else.
const SHORT: [&str; 8] = ["next", "nuxt", "nuxi", "flask", "rails", "astro", "fastify", "react-router-serve"];

/// Programs that run another script.
const RUNNERS: [&str; 4] = ["npm", "pnpm", "yarn", "bun"];

/// Scripts run scripts; nobody does so deeper.
const DEPTH: usize = 4;

/// What a script says of the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// This one.
    Number(u16),
    /// The value of a variable, or this one without it.
    Variable(String, Option<u16>),
}

/// The port of the first script that there is.
pub fn port(manifest: &Manifest) -> Option<Found<Port>> {
    let script = NAMES.iter().find_map(|name| manifest.script(name))?;
    of_script(manifest, script, DEPTH)
}

fn of_script(manifest: &Manifest, script: &Found<(String, String)>, depth: usize) -> Option<Found<Port>> {
    let words = shell_words::split(&script.value.1).ok()?;
    for command in words.split(|word| matches!(word.as_str(), "&&" | "||" | ";" | "|" | "&")) {
        if let Some(port) = of_command(command) {
            return Some(Found { value: port, file: script.file.clone(), line: script.line });
        }
        for name in runs(command) {
            let other = manifest.script(&name).filter(|other| depth > 0 && other.value.0 != script.value.0);
            if let Some(found) = other.and_then(|other| of_script(manifest, other, depth - 1)) {
                return Some(found);
            }
        }
    }
    None
}

/// The scripts that a command runs: `npm run api`, `pnpm api`, `concurrently "npm:dev:*" "yarn api"`.
fn runs(command: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, word) in command.iter().enumerate() {
        if RUNNERS.contains(&word.as_str()) {
            let rest = command[at + 1..].iter().filter(|word| !word.starts_with('-') && *word != "run");
            found.extend(rest.take(1).cloned());
        } else if word.contains(' ') {
            found.extend(runs(&word.split_whitespace().map(str::to_owned).collect::<Vec<_>>()));
        } else {
            found.extend(word.strip_prefix("npm:").map(str::to_owned));
        }
    }
    found
}

fn of_command(command: &[String]) -> Option<Port> {
    let short = command.iter().any(|word| SHORT.contains(&word.rsplit('/').next().unwrap_or_default()));
    for (at, word) in command.iter().enumerate() {
        let next = || command.get(at + 1).and_then(|value| of_value(value));
        // A command in quotes, as `concurrently` takes it.
        let quoted = || of_command(&word.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let found = match word.as_str() {
            "--port" => next(),
            "-p" if short => next(),
            "runserver" => {
                command.get(at + 1).and_then(|address| of_value(address.rsplit(':').next().unwrap_or(address)))
            }
            "--bind" | "-b" => command.get(at + 1).and_then(|address| of_value(address.rsplit_once(':')?.1)),
            word if word.contains(char::is_whitespace) => quoted(),
            word => {
                let flag = word.strip_prefix("--port=").or_else(|| word.strip_prefix("PORT="));
                flag.or_else(|| word.strip_prefix("-p").filter(|_| short)).and_then(of_value)
            }
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// `4000`, `$PORT`, `${PORT:-4000}`.
fn of_value(text: &str) -> Option<Port> {
    if let Some(port) = number(text) {
        return Some(Port::Number(port));
    }
    let name = text.strip_prefix('$')?.trim_matches(['{', '}']);
    let (name, usual) = name.split_once(":-").map_or((name, None), |(name, usual)| (name, number(usual)));
    (!name.is_empty()).then(|| Port::Variable(name.to_owned(), usual))
}

/// A port that can be listened on.
pub fn number(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn of(scripts: &[(&str, &str)]) -> Option<Port> {
        let found = |(name, command): &(&str, &str)| {
            Found::new(((*name).to_owned(), (*command).to_owned()), Path::new("package.json"), 3)
        };
        let manifest = Manifest { scripts: scripts.iter().map(found).collect(), ..Manifest::default() };
        port(&manifest).map(|found| found.value)
    }

    #[test]
    fn the_port_of_a_dev_script() {
        for (command, expected) in [
            ("next dev -p 4000", Some(4000)),
            ("next dev -p4001 --turbo", Some(4001)),
            ("next dev --port=4002", Some(4002)),
            ("PORT=4003 next dev", Some(4003)),
            ("cross-env NODE_ENV=development PORT=4004 node server.js", Some(4004)),
            ("mkdir -p 4005 && vite --port 4006", Some(4006)),
            ("concurrently \"tsc -w\" \"vite --port 4007\"", Some(4007)),
            ("npm run db && npm run api", Some(4100)),
            ("concurrently npm:web npm:api", Some(4100)),
            ("npm run dev", None),
            ("python manage.py runserver 0.0.0.0:4008", Some(4008)),
            ("uvicorn main:app --reload --port 4009", Some(4009)),
            ("next dev -p 0", None),
            ("next dev -p 99999", None),
            ("next dev \"unclosed", None),
            ("next dev", None),
        ] {
            let scripts = [("dev", command), ("api", "tsx watch api.ts --port 4100"), ("web", "vite")];
            assert_eq!(of(&scripts), expected.map(Port::Number), "{command}");
        }
        let variable = |name: &str, usual| Some(Port::Variable(name.to_owned(), usual));
        assert_eq!(of(&[("dev", "next dev -p ${WEB_PORT:-4000}")]), variable("WEB_PORT", Some(4000)));
        assert_eq!(of(&[("start", "next start -p $PORT")]), variable("PORT", None));
    }
}
