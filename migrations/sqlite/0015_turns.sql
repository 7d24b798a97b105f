-- Whose turn it is among mails that wait: each writer's first, then each one's second, and so on; and
-- what is looked for with each mail is found by an index, however much there is. Its twin is
-- migrations/postgres/0015_turns.sql.

-- The hash of a From line, as long as the mail waits.
ALTER TABLE messages ADD COLUMN waits_as TEXT;
ALTER TABLE messages ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
DROP INDEX messages_to_decide;
CREATE INDEX messages_to_decide ON messages (lane, turn, received_at, id) WHERE state IN ('kept', 'claimed');
CREATE INDEX messages_of_writer ON messages (lane, waits_as, turn) WHERE state IN ('kept', 'claimed');

-- The latest cases of one number, without reading all of them.
DROP INDEX cases_by_finess;
CREATE INDEX cases_by_finess ON cases (finess, id) WHERE finess IS NOT NULL;
DROP INDEX cases_by_siret;
CREATE INDEX cases_by_siret ON cases (siret, id) WHERE siret IS NOT NULL;
DROP INDEX cases_by_signatory_card;
CREATE INDEX cases_by_signatory_card ON cases (signatory_card, id) WHERE signatory_card IS NOT NULL;
DROP INDEX case_rpps_rang_by_rang;
CREATE INDEX case_rpps_rang_by_rang ON case_rpps_rang (rpps_rang, case_id);
-- The last canary.
CREATE INDEX messages_canaries ON messages (id) WHERE not_answered_because = 'automatic mail: canary';
