-- By which case others are found that follow it. Its twin is migrations/sqlite/0021_links.sql.
CREATE INDEX cases_by_linked_case ON cases (linked_case) WHERE linked_case IS NOT NULL;
