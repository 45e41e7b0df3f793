//! A scenario: checked and composed whole, then sent step by step until one is not answered as expected.

use std::path::Path;

use super::Options;
use super::compose::{Message, Seed};
use super::send::{Place, Sender};
use super::tally::Tally;
use crate::catalogue;
use crate::error::{Error, Result};
use crate::history::Keeper;
use crate::report::{Report, Summary};
use crate::scenario::{self, Composed, Fault};
use crate::steps::{Context, input};

/// Plays a scenario.
///
/// # Errors
/// `ScenarioInvalid`, `File`, `TriggerRefused`, those of a delivery.
pub async fn play(
    context: &Context,
    options: &Options,
    scenario: &str,
    seed: Option<u64>,
    keeper: &Keeper,
) -> Result<()> {
    let seed = Seed::given_or_fresh(seed);
    let steps = load(context, scenario, seed).await?;
    for (index, step) in steps.iter().enumerate() {
        for path in &step.created {
            context.ui.note(&format!("step {}: `{path}` was not there before; it was added", index + 1));
        }
    }
    if options.dry_run {
        return steps.iter().try_for_each(|step| {
            let expected = step.expected.unwrap_or(options.delivery.expected);
            super::plan(context, &options.delivery, &step.event, expected)
        });
    }
    let sender = Sender::prepare(context, &options.delivery).await?.keeping(keeper.clone());
    let mut tally = Tally::begin(None);
    let played = send(context, options, &sender, &steps, seed, &mut tally).await;
    context.ui.emit(&Report::Summary(Summary { scenario: true, ..tally.summary() }));
    played
}

async fn send(
    context: &Context,
    options: &Options,
    sender: &Sender,
    steps: &[Composed],
    seed: Seed,
    tally: &mut Tally,
) -> Result<()> {
    let column = steps.iter().map(|step| step.event.len()).max().unwrap_or_default();
    for (index, step) in steps.iter().enumerate() {
        let (event, body) = (step.event.clone(), step.body.clone());
        let message = Message { id: seed.message_id(&event, index), event, body };
        let expected = step.expected.unwrap_or(options.delivery.expected);
        let place = Place { step: index + 1, of: steps.len(), column };
        let sending = async { Ok(sender.send(&message, expected, Some(place)).await) };
        let sent = context.unless_interrupted(sending).await?;
        tally.count(&sent.told);
        sent.tell(context);
        sent.judge(sender)?;
        if index + 1 < steps.len() {
            let pause = async {
                tokio::time::sleep(step.wait).await;
                Ok(())
            };
            context.unless_interrupted(pause).await?;
        }
    }
    Ok(())
}

async fn load(context: &Context, scenario: &str, seed: Seed) -> Result<Vec<Composed>> {
    let invalid = |fault: Fault| Error::ScenarioInvalid {
        name: scenario.to_owned(),
        why: fault.to_string(),
        fix: fault.why.fix(),
    };
    let text = match scenario::built_in().find(|(name, _)| *name == scenario) {
        Some((_, text)) => text.to_owned(),
        None => read(context, scenario).await?,
    };
    let read = scenario::read(&text).map_err(invalid)?;
    let recipe = seed.story(read.steps.iter().map(|step| step.event.as_str()));
    scenario::compose(&read, |event| catalogue::build(event, &recipe).map(String::into_bytes)).map_err(invalid)
}

async fn read(context: &Context, scenario: &str) -> Result<String> {
    let path = Path::new(scenario);
    let looks_like_a_name = !scenario.contains(['.', '/', '\\']) && scenario != input::STDIN;
    if looks_like_a_name && !path.exists() {
        let names = || scenario::built_in().map(|(name, _)| name);
        let all = names().map(|name| format!("`--scenario {name}`")).collect::<Vec<_>>().join(", ");
        let fix = match catalogue::nearest_of(scenario, names()) {
            Some(meant) => format!("write `--scenario {meant}`"),
            None => format!("built in are {all}; a file is named by its path"),
        };
        return Err(Error::TriggerRefused { why: format!("there is no scenario `{scenario}`"), fix });
    }
    let bytes = input::read(context, path).await?;
    let not_text = |_| Error::File { path: path.to_owned(), cause: "it is not UTF-8 text".to_owned() };
    String::from_utf8(bytes).map_err(not_text)
}
