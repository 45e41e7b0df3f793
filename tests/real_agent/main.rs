//! clerkhook with the real ngrok agent, which `CLERKHOOK_REAL_NGROK` names; without it each test is ignored by name,
//! but for the one that the sandbox's agent serves too.
//!
//! The edge is the tests' own and on loopback; Clerk and Svix are the sandbox's.

mod edge;
#[path = "../it/fixture.rs"]
#[allow(dead_code, reason = "the fixture of all tests of the binary; these need a part of it")]
mod fixture;
mod follow;
#[path = "../harness/mod.rs"]
mod harness;
mod kill;
mod lifetime;
mod refusals;
mod replay;
mod secure;
mod shells;
mod stand;
mod visitor;
mod walkthrough;

use std::process::ExitCode;

fn main() -> ExitCode {
    let ignored = stand::agent().is_none();
    let trials = harness::named![
        follow::a_lost_session_comes_back_and_so_do_deliveries,
        follow::a_new_url_after_a_lost_session_is_followed,
        follow::an_agent_that_dies_again_and_again_ends_the_set_up,
        follow::an_agent_that_is_killed_is_started_again,
        kill::the_next_run_proves_an_event,
        lifetime::a_listed_url_that_nobody_serves_is_no_tunnel,
        lifetime::a_running_agent_is_reused_and_left_running,
        lifetime::a_slow_edge_is_waited_for,
        lifetime::an_agent_for_another_app_is_not_used,
        lifetime::an_agent_that_a_killed_clerkhook_left_is_ended_and_named,
        lifetime::another_web_address_is_found_when_the_default_one_is_taken,
        lifetime::ctrl_c_ends_the_tunnel,
        lifetime::ctrl_c_while_the_edge_is_slow_leaves_no_agent,
        lifetime::sighup_ends_the_tunnel,
        lifetime::sigterm_ends_the_tunnel,
        refusals::a_malformed_authtoken_is_refused_and_not_shown,
        refusals::a_missing_authtoken_is_refused,
        refusals::a_web_address_that_is_taken_is_named,
        refusals::an_address_that_is_online_elsewhere_is_refused,
        refusals::too_many_sessions_are_refused,
        replay::a_request_under_way_is_no_obstacle,
        replay::a_replay_is_proven_by_its_new_capture,
        replay::an_edited_replay_is_signed_afresh,
        replay::an_id_that_is_gone_is_named,
        replay::an_app_that_went_away_is_named,
        secure::replays_pass_when_their_signature_does,
        secure::sigterm_while_it_is_turned_on_leaves_no_agent,
        secure::what_is_forged_does_not_reach_the_app,
        shells::a_terminal_that_is_closed_ends_it,
        shells::it_can_be_stopped_and_continued,
        shells::it_outlives_its_parent,
        shells::it_runs_in_a_session_of_its_own,
        walkthrough::a_body_passes_byte_for_byte,
        walkthrough::an_app_that_is_down_is_named,
        walkthrough::parallel_deliveries_are_shown_once_when_the_app_is_slow,
        walkthrough::parallel_deliveries_are_shown_once_when_two_saw_them,
        walkthrough::up_proves_six_hops,
    ];
    harness::run(trials, |name| ignored && !name.starts_with("kill::"))
}
