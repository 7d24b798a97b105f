//! Thirty failures that comparable systems had, and which test shows that guichet survives each. The
//! table is checked: a test that is named and is not there fails it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One failure: its number and what it is called, then each thing that has to hold.
struct Failure(u8, &'static str, &'static [Shown]);

/// Something that has to hold, and what shows it: `file test`, the file from `tests/it` or `src`; one or
/// more.
struct Shown(&'static str, &'static [&'static str]);

#[rustfmt::skip]
const TABLE: [Failure; 30] = [
    Failure(1, "UIDVALIDITY changes", &[
        Shown("97 old mails under new UIDs are copies, 3 new ones are 3", &["store/tests/intake.rs a_rebuilt_folder_brings_copies_and_not_one_new_message"]),
        Shown("the rebuilt folder is listed whole", &["imap_dovecot.rs a_folder_that_was_rebuilt_is_listed_as_a_whole", "imap_trouble.rs the_cursor_counts_only_in_its_own_uidvalidity"]),
        Shown("no second reply", &["line.rs a_folder_that_was_rebuilt_brings_no_second_answer"])]),
    Failure(2, "Message-ID is no identity", &[
        Shown("same ID, other bytes: two submissions", &["line.rs the_same_message_id_over_other_bytes_is_another_message"]),
        Shown("same bytes twice: one submission, one reply, a copy seen", &["line.rs the_same_bytes_twice_are_one_case_and_one_reply", "store/tests/intake.rs a_batch_may_hold_the_same_bytes_twice"]),
        Shown("five mails, three without ID: five, and no more at the next look", &["arriving.rs mails_without_an_id_or_with_anothers_are_each_taken_in_once"])]),
    Failure(3, "somebody reads or flags the mail first", &[
        Shown("seen, flagged, answered, marked as deleted: taken in", &["imap_dovecot.rs mails_that_somebody_has_read_flagged_or_answered_are_taken_in_all_the_same", "folder/maildir.rs mails_are_listed_oldest_first_seen_or_not_and_keep_their_uid"]),
        Shown("our own flags are not what counts", &["imap_dovecot.rs mails_can_be_flagged_instead_and_are_never_marked_as_read"])]),
    Failure(4, "failed once is not failed for ever", &[
        Shown("disk full: nothing moved or flagged, afterwards processed without a person", &["full_disk.rs on_a_disk_that_is_full_nothing_is_lost_or_told_twice_and_it_goes_on_by_itself", "full_disk.rs with_a_disk_that_takes_nothing_more_it_goes_on_by_itself", "crash.rs a_write_that_fails_once_costs_nothing_and_doubles_nothing", "crash.rs a_fault_of_ours_never_counts_against_the_mail", "store/tests/broken.rs keeping_is_all_or_nothing"]),
        Shown("killed at each step: taken in at least once, answered once", &["whole.rs killed_again_and_again_it_loses_nothing_and_answers_nobody_twice", "whole.rs killed_again_and_again_while_it_wakes_what_waited_it_tells_each_decision_once", "whole.rs two_daemons_on_one_database_and_one_mailbox_are_killed_and_nobody_is_answered_twice"])]),
    Failure(5, "runs and instances overlap", &[
        Shown("two workers never get the same mail; whoever comes late changes nothing", &["store/tests/intake.rs two_claimers_never_get_the_same_message", "store/tests/intake.rs a_claim_that_ran_out_is_counted_and_its_late_worker_changes_nothing", "store/tests/decisions.rs a_document_decided_meanwhile_is_not_decided_twice"]),
        Shown("the same mail fetched by two is kept once, one reply", &["store/tests/intake.rs the_same_mail_fetched_twice_is_kept_once", "store/tests/outbox.rs one_message_never_makes_two_mails_with_one_message_id"]),
        Shown("polled each second with decisions of ten, two daemons on one mailbox, a connection lost: one submission and one reply a mail, two connections a daemon at most", &["machines.rs two_daemons_that_poll_each_second_and_decide_for_ten_decide_each_mail_once"])]),
    Failure(6, "silent death", &[
        Shown("black hole, half close, BYE, hang in a literal: a fault within the bound, then whole", &["imap_trouble.rs silence_ends_in_a_time_out_wherever_it_falls", "imap_trouble.rs a_refusal_is_never_an_empty_list", "imap_trouble.rs a_connection_closed_between_two_fetch_answers_is_no_end_of_the_list", "imap_idle.rs idle_that_breaks_is_a_fault_and_not_an_arrival"]),
        Shown("login refused, token stale: told, and asked for anew", &["imap_trouble.rs only_a_refused_password_is_for_a_person", "imap_trouble.rs a_stale_token_is_told_in_the_servers_words_and_asked_for_anew"]),
        Shown("nothing is lost after repair", &["imap_dovecot.rs a_restart_or_a_kick_costs_one_fault_and_no_mail"]),
        Shown("refused or out of reach for long: an alert on another channel, once, and when it is over", &["watch.rs a_login_refused_for_two_hours_is_told_once_and_once_when_it_is_over", "watch.rs an_alert_goes_over_tls_to_who_is_vouched_for_and_to_nobody_else", "watch.rs a_mailbox_that_is_out_of_reach_is_told_once_when_it_lasts_and_once_when_it_is_over", "watch/mod.rs a_leg_is_told_of_when_it_has_failed_for_long_and_not_once"]),
        Shown("a canary that is not seen raises the alarm", &["watch.rs a_canary_that_does_not_come_raises_the_alarm_and_the_next_one_ends_it"]),
        Shown("an end of the credentials is announced before; whoever asks is told the reasons", &["watch.rs what_ends_soon_and_what_waits_for_a_person_is_told", "watch.rs whoever_asks_for_the_health_is_told_the_reasons"])]),
    Failure(7, "backlog order and window", &[
        Shown("2,000 mails of forty days: all of them, dated by the server", &["imap_dovecot.rs a_long_backlog_comes_whole_oldest_first_with_its_days_of_reception"]),
        Shown("decided oldest first", &["store/tests/intake.rs the_oldest_is_claimed_first_and_leased_ones_are_skipped"])]),
    Failure(8, "the move half works", &[
        Shown("COPY done, STORE or EXPUNGE not: no second copy", &["imap_filing.rs a_copy_that_may_have_been_made_is_never_made_again"]),
        Shown("MOVE absent; never a folder-wide EXPUNGE", &["imap_filing.rs without_move_mails_are_copied_marked_and_removed_by_uid", "imap_filing.rs without_uidplus_nothing_is_expunged", "imap_dovecot.rs only_what_was_filed_is_removed_from_the_inbox"]),
        Shown("over quota, target missing: stays, says why", &["imap_filing.rs a_refused_move_or_copy_leaves_the_mail_where_it_is_and_says_why", "imap_filing.rs a_missing_folder_is_created_and_subscribed_to", "imap_filing.rs a_folder_deleted_meanwhile_is_made_again"]),
        Shown("never taken in again for it", &["store/tests/decisions.rs mail_is_filed_by_its_outcome_once_it_has_one"])]),
    Failure(9, "poison and giant mail", &[
        Shown("60 MB with 70 files, and a bomb, first: the twenty behind are done, the two are visible with a reason", &["arriving.rs a_giant_and_a_poisoned_mail_first_in_the_queue_delay_nobody_behind_them"]),
        Shown("what kills its reader is parked with a reason, and tried again by a person only", &["store/tests/intake.rs a_parked_message_is_listed_and_tried_again_only_by_a_person", "mails.rs a_mail_that_the_parser_panics_on_keeps_its_head"]),
        Shown("memory stays under the cap", &["sandbox.rs over_its_memory_a_child_is_stopped_and_the_next_mail_is_not", "arriving.rs with_a_giant_mail_neither_the_daemon_nor_a_child_grows_over_its_cap"]),
        Shown("the size is read before the download", &["imap_dovecot.rs of_a_large_mail_the_size_is_known_before_and_the_header_comes_alone"])]),
    Failure(10, "server dialects", &[
        Shown("raw Latin-1, lines that stop the parser: the fetch still works", &["imap_trouble.rs a_line_that_stops_the_parser_costs_a_connection_and_is_not_quoted", "imap_trouble.rs an_empty_mail_and_raw_bytes_come_through_whole"]),
        Shown("odd capabilities", &["imap_filing.rs odd_capabilities_are_made_out_or_done_without"]),
        Shown("a refused SEARCH is no empty list", &["imap_trouble.rs a_refusal_is_never_an_empty_list"])]),
    Failure(11, "odd but legal packaging", &[
        Shown("found in each wrapping", &["mails.rs the_form_is_found_in_every_wrapping"]),
        Shown("or said what could not be opened", &["mails.rs what_cannot_be_opened_is_said", "mails.rs mails_in_mails_end"])]),
    Failure(12, "a bad header does not cost the mail", &[
        Shown("broken words, no From, two From, 8-bit subject, year 2099: there is a head", &["mails.rs the_head_survives_what_is_wrong_with_it", "mails.rs every_byte_string_has_a_head"]),
        Shown("with a form: its bytes are kept, it is a case, and staff see it where nobody can be answered", &["headers.rs a_form_under_a_bad_header_is_a_case_and_answered_only_where_that_is_safe"]),
        Shown("nobody is answered where it is not safe", &["mails.rs machines_are_told_from_people", "intake/classify/writers.rs two_from_fields_name_nobody"])]),
    Failure(13, "a link is no attachment", &[
        Shown("its own reason", &["mails.rs what_cannot_be_opened_is_said", "line.rs every_sample_mail_ends_as_it_should"]),
        Shown("never followed: who opens mail has no network", &["sandbox.rs a_child_limits_itself_before_it_reads_a_byte", "escape.rs every_way_out_is_refused"])]),
    Failure(14, "a new form in an old thread, several forms in one mail", &[
        Shown("a new case, linked to the old one", &["resubmission.rs of_a_thread_the_case_of_the_same_signatory_is_followed", "store/tests/decisions.rs a_form_in_an_old_thread_is_linked_to_the_case_of_the_thread"]),
        Shown("several forms: each read, one bad hides none, one letter", &["reply/tests.rs several_forms_are_answered_by_one_letter_each_with_its_result", "line.rs every_sample_mail_ends_as_it_should"])]),
    Failure(15, "values that text extraction does not see", &[
        Shown("every form reads as expected, drawn or not", &["reading/fixtures.rs every_form_reads_as_expected"]),
        Shown("the desk shows the stored values", &["desk_shows.rs the_desk_shows_every_value_as_it_is_stored"])]),
    Failure(16, "value and drawing disagree", &[
        Shown("a person sees both; nothing is accepted", &["domain/rules/tests/principles.rs a_value_and_its_drawing_that_differ_go_to_a_person", "reading/acroform_tests.rs appearances_the_form_calls_stale_are_not_trusted"])]),
    Failure(17, "states of buttons", &[
        Shown("on by any name; radios, kids, export values", &["reading/acroform_tests.rs a_box_is_on_by_any_name_but_off", "reading/acroform_tests.rs radio_buttons_share_a_value_and_may_export_another", "reading/fixtures.rs every_form_reads_as_expected"])]),
    Failure(18, "no AcroForm, and not empty", &[
        Shown("typed over the page, XFA, \"please wait\": each its outcome", &["reading/pdf_tests.rs a_form_only_its_own_program_can_draw_is_unsupported", "reading/pdf_tests.rs a_form_that_carries_xfa_besides_its_fields_is_read", "reading/tests.rs words_typed_over_an_empty_field_answer_and_over_a_filled_one_disagree"])]),
    Failure(19, "signed or protected PDF", &[
        Shown("signed: read, bytes kept, signature noted", &["signed.rs a_signed_form_is_accepted_and_its_mail_kept_byte_for_byte"]),
        Shown("owner password read; user password its own reason", &["reading/fixtures.rs every_form_reads_as_expected", "line.rs every_sample_mail_ends_as_it_should"])]),
    Failure(20, "a scan with a little or a wrong text", &[
        Shown("hidden or typed words alone never decide", &["paper.rs hidden_words_that_say_something_else_count_for_nothing", "paper.rs words_drawn_over_a_scan_are_not_taken_for_a_digital_form", "paper.rs a_scanned_page_behind_a_digital_one_completes_the_form"])]),
    Failure(21, "upside-down digits", &[
        Shown("turned pages are put upright, one or all, pages in any order", &["paper.rs a_scan_lying_on_its_side_is_read", "paper.rs a_scan_upside_down_is_read", "paper.rs one_page_upside_down_among_upright_ones_is_read", "reading/paper/straighten.rs a_page_lying_on_its_side_is_put_upright", "paper.rs pages_in_the_wrong_order_are_read", "paper.rs pictures_attached_in_the_wrong_order_are_one_form"]),
        Shown("a wrong digit on a picture goes to a person", &["domain/rules/tests/principles.rs on_a_picture_a_wrong_digit_looks_like_a_misread_one"])]),
    Failure(22, "boxes, lines, marks", &[
        Shown("empty rows are empty; ticks, crosses, filled boxes; a smudge is not a tick", &["reading/paper/boxes/squares.rs boxes_are_found_empty_and_ticked", "reading/paper/boxes/squares.rs dirt_is_nothing_and_a_smudge_is_not_a_tick", "reading/fixtures.rs every_form_reads_as_expected"]),
        Shown("a mark that may be either's is nobody's for sure", &["reading/marks/whose.rs a_mark_that_may_be_either_ones_is_nobodys_for_sure"])]),
    Failure(23, "hostile PDF", &[
        Shown("loops, bombs, pages without end, huge pictures: within the caps, the next is read", &["hostile/structure.rs bombs", "hostile/structure.rs cross_reference_tables", "hostile/structure.rs page_trees", "hostile/pictures.rs more_pixels_than_are_decoded"]),
        Shown("whoever hangs is killed", &["sandbox.rs a_child_that_hangs_is_killed_and_reaped"]),
        Shown("whoever tries to get out is stopped by the kernel, and its mail put aside with the reason", &["escape.rs every_way_out_is_refused", "escape.rs a_mail_whose_reader_tries_to_get_out_is_parked_with_the_reason", "escape.rs the_engine_writes_no_file_and_reaches_nobody"])]),
    Failure(24, "the zoo of loops", &[
        Shown("vacations, robots, lists, notices, receipts, our own letter: one letter for one form", &["loops.rs of_all_that_comes_back_one_form_has_one_letter", "line.rs machines_are_never_answered"]),
        Shown("a new address each time: the domain's cap; from everywhere: the cap on all", &["loops.rs a_robot_that_answers_each_letter_from_a_new_address_is_stopped_by_its_domains_cap", "loops.rs a_flood_from_everywhere_is_stopped_by_the_cap_on_all_letters"]),
        Shown("caps hold where several daemons decide at the same moment", &["store/tests/caps.rs no_cap_is_passed_by_daemons_that_decide_at_the_same_moment"]),
        Shown("a cap stays tripped until a person resets it", &["line.rs a_cap_that_is_reached_stays_closed_until_a_person_resets_it", "store/tests/outbox.rs a_tripped_cap_stays_tripped_until_a_person_resets_it"]),
        Shown("the robot check comes before every rule that can answer; Auto-Submitted: no is a human", &["intake/classify/mod.rs the_kind_follows_from_machine_and_document", "sandbox.rs the_documents_of_a_machines_mail_are_not_read", "intake/classify/automatic.rs people_are_not"])]),
    Failure(25, "delayed and forged bounces", &[
        Shown("5.x.x: that one letter, its case on a list until it is sent again or settled", &["bounces.rs a_letter_that_comes_back_is_on_the_list_until_it_is_sent_again_or_settled", "bounces.rs a_server_that_returns_no_header_names_the_letter_by_its_thread", "bounces.rs a_letter_that_the_relay_refused_is_on_the_list_and_one_of_a_shadow_never", "store/tests/bounces.rs a_letter_leaves_the_list_when_it_is_sent_again_or_settled"]),
        Shown("delayed (4.x.x) only logs; a relay that gave up, even after 4.x.x, has given up (RFC 3464, 2.3.3)", &["bounces.rs a_delay_is_only_logged_however_often_it_is_told", "intake/mime/notice.rs the_worst_off_recipient_counts"]),
        Shown("matching no letter of ours, or forged: nothing", &["bounces.rs a_notice_about_no_letter_of_ours_changes_nothing", "store/tests/bounces.rs only_a_notice_that_gives_up_on_a_letter_of_ours_puts_it_on_the_list"])]),
    Failure(26, "cut between DATA and 250", &[
        Shown("unknown, never resent by itself, the same Message-ID by a person", &["line.rs a_mail_cut_off_after_data_is_never_sent_again_by_itself", "smtp_ends.rs silence_after_the_mail_leaves_its_end_unknown", "store/tests/outbox.rs a_reply_whose_end_is_unknown_is_sent_again_only_by_a_person_with_the_same_message_id"]),
        Shown("a stale connection is replaced at once and is no failure", &["smtp_ends.rs a_line_that_died_meanwhile_is_replaced_at_once", "smtp_ends.rs a_relay_that_was_restarted_gets_the_next_mail_all_the_same"])]),
    Failure(27, "the innocent, and nobody twice", &[
        Shown("DMARC fail, spam: no automatic answer, a person decides; others' results are ignored", &["line.rs an_unverified_sender_gets_no_answer_and_staff_see_the_letter", "intake/sender.rs others_and_older_ones_do_not", "intake/classify/mod.rs the_servers_spam_flag_is_seen"]),
        Shown("Reply-To leads to a box that is read", &["reply/mail.rs an_identity_is_tried_at_start", "reply/mail.rs a_reply_is_threaded_and_says_that_a_machine_wrote_it"]),
        Shown("reception and decision are one letter where the decision is taken at once", &["line.rs an_accepted_form_is_recorded_answered_and_filed", "line.rs a_question_is_acknowledged_once_a_day_per_sender"]),
        Shown("a receipt that has not left merges with the decision", &["wake.rs a_receipt_that_has_not_left_merges_with_the_decision", "store/tests/caps.rs a_receipt_that_has_not_left_when_the_decision_comes_is_taken_back", "store/tests/caps.rs a_receipt_in_a_senders_hands_leaves"])]),
    Failure(28, "unknown must mean unknown", &[
        Shown("a card opposed yesterday: refused with the reason; replaced: the new one", &["domain/rules/tests/people.rs a_card_is_active_from_its_first_to_its_last_day", "domain/rules/tests/people.rs of_a_card_that_was_replaced_the_new_one_is_accepted_and_the_old_one_refused", "registry/tests/facts.rs a_card_keeps_its_leading_zero_and_its_opposition"]),
        Shown("cut off or shrunk: the import is refused, yesterday's stays", &["registry/tests/imports.rs a_feed_that_shrank_is_refused_unless_forced", "registry/tests/public.rs files_that_are_cut_off_or_of_another_kind_are_refused", "registry/tests/imports.rs every_reason_to_refuse_is_given_at_once_and_the_current_snapshot_stays"]),
        Shown("too old, or withdrawn: it waits", &["line.rs a_stale_registry_rejects_nobody", "wake.rs what_hangs_on_a_withdrawn_feed_waits_and_is_neither_accepted_nor_rejected"])]),
    Failure(29, "identifiers as people type them", &[
        Shown("La Poste; no-break spaces, dots, dashes", &["domain/identifiers.rs la_poste_counts_its_digits", "domain/text.rs spaces_of_any_width_dots_and_dashes_go"]),
        Shown("a Luhn-valid SIRET of a bad SIREN is refused", &["domain/identifiers.rs a_siret_needs_a_valid_siren"]),
        Shown("O and 0 are never corrected silently", &["domain/identifiers.rs a_wrong_finess_says_why"])]),
    Failure(30, "two people, one decision", &[
        Shown("whoever decides second changes nothing, one letter leaves", &["store/tests/waits.rs a_waiting_case_is_woken_by_another_snapshot_and_decided_once", "store/tests/outbox.rs the_truth_of_an_old_attempt_does_not_end_a_newer_one"]),
        Shown("why nobody was answered is an event; what is parked survives restarts", &["audit.rs every_event_of_a_day_changed_removed_swapped_or_doubled_is_found", "store/tests/intake.rs a_parked_message_is_listed_and_tried_again_only_by_a_person"]),
        Shown("no cell of a CSV is a formula", &["report/csv.rs a_cell_is_never_a_formula_and_lines_end_as_the_rfc_says"]),
        Shown("opposite decisions of staff from one page: the first counts, the second sees the difference, one letter leaves", &["desk_shows.rs of_opposite_decisions_from_one_page_the_first_counts_and_the_second_reads_it", "staff.rs nobody_overwrites_a_colleague", "browser/work.rs who_comes_second_sees_what_the_first_did_and_overwrites_nothing", "store/tests/staffed.rs who_saw_an_earlier_version_reads_what_stood_there_before_and_what_stands_there_now"])]),
];

/// Every test of the sources: file (from `tests/it` or `src`) → names.
fn tests() -> BTreeMap<String, Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeMap::new();
    for base in ["tests/it", "src"] {
        let mut folders = vec![root.join(base)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path: PathBuf = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    let name = path.strip_prefix(root.join(base)).unwrap().display().to_string();
                    let text = std::fs::read_to_string(&path).unwrap();
                    found.entry(name).or_insert_with(Vec::new).extend(tests_of(&text));
                }
            }
        }
    }
    found
}

/// The functions that stand under a test's attribute, and no `#[ignore]`.
fn tests_of(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut is_test, mut ignored) = (false, false);
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if line.starts_with("#[ignore") {
            ignored = true;
        } else if let Some(rest) = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn ")) {
            if is_test && !ignored {
                found.push(rest.split('(').next().unwrap_or_default().to_owned());
            }
            (is_test, ignored) = (false, false);
        }
    }
    found
}

#[test]
fn each_failure_has_its_tests_and_each_test_is_there() {
    let there = tests();
    let mut wrong = Vec::new();
    for (place, Failure(number, name, clauses)) in (1..).zip(&TABLE) {
        assert_eq!(*number, place, "{name}");
        assert!(!clauses.is_empty(), "{number} {name}: nothing shows it");
        for Shown(what, tests) in *clauses {
            assert!(!tests.is_empty(), "{number} {what}");
            for test in *tests {
                let (file, name) = test.split_once(' ').unwrap();
                if !there.get(file).is_some_and(|names| names.iter().any(|one| one == name)) {
                    wrong.push(format!("{number}, {what}: there is no {test}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_test_that_is_not_there_or_is_ignored_is_missed() {
    let text = "#[test]\nfn one() {}\n#[tokio::test]\n#[ignore]\nasync fn two() {}\nfn three() {}\n#[tokio::test]\nasync fn four() {}\n";
    assert_eq!(tests_of(text), ["one", "four"]);
    assert!(tests().values().map(Vec::len).sum::<usize>() > 600);
}
