//! `swim sim explain`: how it came to something.

use std::fmt::Write;

use swim_sim::explain::{Explanation, explain};
use swim_sim::run::Verdict;

use super::kept::Case;
use crate::args::ExplainArgs;
use crate::errors::Failure;
use crate::output;
use crate::text;

/// So many who were wronged are named.
const NAMED: usize = 8;

/// Runs it, and tells the story.
pub(crate) fn run(args: &ExplainArgs) -> Result<(), Failure> {
    let mut case = Case::at(&args.kept, args.force)?;
    case.scenario.seed = args.seed.unwrap_or(case.scenario.seed);
    let schedule = case.schedule()?;
    let nodes = schedule.scenario().nodes;
    if let Some(member) = args.member.filter(|member| *member >= nodes) {
        return Err(Failure::usage(format!(
            "--member n{member}: there is none (the last one is n{})",
            nodes - 1
        )));
    }
    let explanation = explain(&schedule, args.member);
    if args.json {
        return output::json(&explanation);
    }
    output::print(&words(&explanation))
}

fn words(explanation: &Explanation) -> String {
    let Explanation { scenario, seed, .. } = explanation;
    let mut text = format!("{scenario}, seed {seed}: ");
    match &explanation.violation {
        None if explanation.verdict == Verdict::Vacuous => {
            text.push_str("nothing is violated, but something had no effect\n");
        }
        None => text.push_str("nothing is violated\n"),
        Some(violation) => {
            let at = violation.at.as_secs_f64();
            let members = violation.members.join(" and ");
            text.push_str(&format!("{} is violated at {at:.3} s", violation.id));
            if !members.is_empty() {
                text.push_str(&format!(", by {members}"));
            }
            text.push('\n');
            if let Some(rule) = explanation.rule {
                text.push_str(&format!("  the rule: {rule}.\n"));
            }
            text.push_str(&format!("  seen:     {}\n", violation.text));
            if !violation.story.is_empty() {
                text.push_str("\nWhat led there:\n");
            }
            for line in &violation.story {
                text.push_str(&format!("  {line}\n"));
            }
        }
    }
    for episode in &explanation.episodes {
        text.push_str(&format!("\n{}\n", episode.title));
        for line in &episode.lines {
            // Writing to a String can't fail.
            let _ = writeln!(text, "{:>11.3} s  {}", line.at_s, line.text);
        }
    }
    text.push_str(&closing(explanation));
    text
}

/// What there is to ask next.
fn closing(explanation: &Explanation) -> String {
    match &explanation.member {
        Some(_) if !explanation.episodes.is_empty() => String::new(),
        Some(member) => match &explanation.violation {
            Some(_) => format!("\nUntil then nobody held {member} anything but alive.\n"),
            None => format!("\nNobody ever held {member} anything but alive.\n"),
        },
        None if explanation.wronged.is_empty() => {
            "\nNobody was suspected who ran; ask for anybody with --member nX.\n".to_owned()
        }
        None => {
            let wronged = explanation.wronged.iter().take(NAMED);
            let named =
                wronged.map(|(name, by)| format!("{name} by {}", text::count(*by, "other")));
            let mut named: Vec<String> = named.collect();
            let others = explanation.wronged.len() - named.len();
            if others > 0 {
                named.push(format!("and {others} more"));
            }
            format!(
                "\nSuspected or held dead while they ran: {}. Ask for one with --member nX.\n",
                named.join(", ")
            )
        }
    }
}
