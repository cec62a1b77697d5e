-- Rows of tests/bench/data.py. Both databases read these statements; md5 is given to SQLite, which has none, and to both
-- the place of a row that a word names, near those of the epoch that begins on a day or, without one, anywhere.

INSERT INTO epochs (id, sequence, document, accepts_from, accepts_until, destroyed_on, signed_on, counts)
SELECT 'epoch_' || md5('epoch' || e.n), e.n, :document, d.day, u.day, o.day, d.day, TRUE
FROM numbers e JOIN days d ON d.n = 7 * (e.n - 1) JOIN days u ON u.n = d.n + 6 JOIN days o ON o.n = d.n + 20
WHERE e.n BETWEEN 1 AND :epochs;

INSERT INTO cases (id, ref, team_id, owner_id, stage, stage_entered, priority, label, handling, next_review,
    judged_until, due, version)
SELECT 'case_' || md5('case' || c.n), 'C' || c.n, 'team_' || md5('team' || (c.n % 10)), s.id,
    CASE c.n % 8 WHEN 0 THEN 'intake' WHEN 1 THEN 'assessment' WHEN 2 THEN 'planning' WHEN 3 THEN 'monitoring'
        WHEN 4 THEN 'closed' ELSE 'active' END,
    CAST(d.day AS text) || 'T0' || (c.n % 10),
    CASE WHEN c.n / 7 % 10 = 0 THEN 'p1' WHEN c.n / 7 % 10 < 4 THEN 'p2' WHEN c.n / 7 % 10 < 8 THEN 'p3' ELSE 'p4' END,
    CASE WHEN c.n % 3 = 0 THEN 'red' WHEN c.n % 101 = 0 THEN 'green' END,
    CASE WHEN c.n % 4 = 0 THEN 'tlp_red' WHEN c.n % 103 = 0 THEN 'tlp_green' ELSE 'tlp_amber_strict' END,
    CASE WHEN c.n % 8 <> 4 AND c.n % 5 < 3 THEN d.day END,
    CASE WHEN c.n % 8 <> 4 AND c.n % 5 = 3 THEN d.day END,
    CASE WHEN c.n % 8 <> 4 AND c.n % 5 < 3 THEN w.day WHEN c.n % 8 <> 4 AND c.n % 5 = 3 THEN d.day END, 1
FROM numbers c JOIN staff s ON s.role = 'caseworker' AND s.n = c.n % :caseworkers JOIN days d ON d.n = c.n % 200
JOIN days w ON w.n = d.n + 6 WHERE c.n BETWEEN 1 AND :cases ORDER BY 1;

INSERT INTO memberships (case_id, person_id, stage, priority, stage_entered, label, handling, next_review, due)
SELECT cases.id, s.id, cases.stage, cases.priority, cases.stage_entered, cases.label, cases.handling, cases.next_review,
    cases.due
FROM numbers c JOIN cases ON cases.id = 'case_' || md5('case' || c.n)
JOIN staff s ON (s.role = 'caseworker' AND s.n IN (c.n % :caseworkers, (c.n + 7) % :caseworkers))
    OR (s.role = 'triager' AND s.n = c.n % :triagers)
WHERE c.n BETWEEN 1 AND :cases ORDER BY 1, 2;

-- One report in five is of the epochs whose keys are there; of the others most were decided long ago.
INSERT INTO reports (id, ref, epoch_id, received_on, state, priority, triager_id, intake_channel, size, envelope_sha256,
    case_id, opening_due, handed_on_from, replies, version)
SELECT 'rep_' || md5('rep' || r.n), 'R' || r.n, 'epoch_' || md5('epoch' || r.epoch), d.day, r.state,
    CASE WHEN r.state = 'received' THEN NULL WHEN r.n % 7 = 0 THEN 'p1' ELSE 'p3' END,
    CASE WHEN r.state = 'received' THEN NULL ELSE s.id END,
    'client', 9000, :hash,
    CASE WHEN r.state = 'accepted' AND r.n / 100 % 2 = 0 THEN 'case_' || md5('case' || (1 + r.n % :cases)) END,
    CASE WHEN r.is_open AND r.state IN ('accepted', 'out_of_mandate') AND r.n / 5 % 50 = 0 THEN (SELECT day FROM days WHERE n = :now) END,
    CASE WHEN r.epoch > 27 AND r.state = 'in_triage' AND r.n % 3 = 0 THEN 'epoch_' || md5('epoch' || 26) END,
    0, 1
FROM (
    SELECT n, n % 5 = 0 AS is_open, n / 5 % 6 + CASE WHEN n % 5 = 0 THEN 25 ELSE 1 + n % 18 END AS epoch,
        CASE WHEN n % 5 = 0 THEN
            CASE WHEN n / 30 % 20 < 7 THEN 'received' WHEN n / 30 % 20 = 7 THEN 'in_triage'
                WHEN n / 30 % 20 = 8 THEN 'awaiting_reporter' WHEN n / 30 % 20 < 16 THEN 'accepted'
                WHEN n / 30 % 20 = 16 THEN 'out_of_mandate' WHEN n / 30 % 20 = 17 THEN 'insufficient'
                WHEN n / 30 % 20 = 18 THEN 'duplicate' ELSE 'abusive' END
        ELSE
            CASE WHEN n / 30 % 20 < 12 THEN 'accepted' WHEN n / 30 % 20 < 14 THEN 'out_of_mandate'
                WHEN n / 30 % 20 < 16 THEN 'insufficient' WHEN n / 30 % 20 = 16 THEN 'duplicate'
                WHEN n / 30 % 20 = 17 THEN 'withdrawn' WHEN n / 30 % 20 = 18 THEN 'lapsed' ELSE 'referred_out' END
        END AS state
    FROM numbers WHERE n BETWEEN 1 AND :reports
) r JOIN days d ON d.n = 7 * (r.epoch - 1) + r.n / 600 % 7 JOIN staff s ON s.role = 'triager' AND s.n = r.n / 3 % :triagers
ORDER BY 1;

INSERT INTO report_files (place, report_id, body)
SELECT place(epochs.accepts_from, reports.id), reports.id, :report
FROM reports JOIN epochs ON epochs.id = epoch_id ORDER BY 1;

INSERT INTO mailboxes (place, token_sha256, report_id, recipient, withdrawal_sha256)
SELECT place(epochs.accepts_from, reports.id), md5('token' || reports.id) || md5('sha256' || reports.id), reports.id,
    :recipient, :hash
FROM reports JOIN epochs ON epochs.id = epoch_id ORDER BY 1;

INSERT INTO slots (place, token_sha256, number, file) SELECT place, token_sha256, 1, :thread_state FROM mailboxes ORDER BY 1;

-- The keys: of epochs to triagers, of reports to epochs, cases and people, of cases to members.
INSERT INTO grants (place, id, subject, grantee, kind, generation, granted_on, revoked, outdated, file)
SELECT place(g.of, g.subject || g.grantee), 'grant_' || md5(g.subject || g.grantee), g.subject, g.grantee, g.kind, 1,
    (SELECT day FROM days WHERE n = :now), FALSE, FALSE, :body
FROM (
    SELECT epochs.id AS subject, s.id AS grantee, 'assigned' AS kind, CAST(NULL AS DATE) AS of FROM epochs
    JOIN staff s ON s.role = 'triager' AND (s.n + epochs.sequence) % 4 <> 0 WHERE epochs.sequence > :epochs - :open
    UNION ALL
    SELECT reports.id, epoch_id, 'intake', epochs.accepts_from FROM reports
    JOIN epochs ON epochs.id = epoch_id AND epochs.sequence > :epochs - :open
    UNION ALL SELECT id, case_id, 'case', NULL FROM reports WHERE case_id IS NOT NULL
    UNION ALL SELECT case_id, person_id, 'assigned', NULL FROM memberships
    UNION ALL
    SELECT reports.id, s.id, 'assigned', NULL FROM numbers r JOIN reports ON reports.id = 'rep_' || md5('rep' || r.n)
    JOIN staff s ON s.role = 'caseworker' AND s.n = r.n / 100 % :caseworkers
    WHERE r.n BETWEEN 1 AND :reports AND r.n % 100 = 37 AND reports.state = 'accepted' AND reports.case_id IS NULL
) g ORDER BY 1;

INSERT INTO messages (id, report_id, received_on, kind, file)
SELECT 'msg_' || md5('msg' || r.n), reports.id, reports.received_on,
    CASE WHEN r.n % 2 = 0 THEN 'consent' ELSE 'message' END, :body
FROM numbers r JOIN reports ON reports.id = 'rep_' || md5('rep' || r.n)
WHERE r.n BETWEEN 1 AND :reports AND r.n % 30 < 3 ORDER BY 1;

-- Of one report as many posts, files and replies as come to several pages, and of one case as many consents.
INSERT INTO messages (id, report_id, received_on, kind, file)
SELECT 'msg_' || md5('more' || n), 'rep_' || md5('rep' || :busy_report), (SELECT day FROM days WHERE n = :now), 'message', :body
FROM numbers WHERE n BETWEEN 1 AND 200;

INSERT INTO kept_replies (report_id, number, file)
SELECT 'rep_' || md5('rep' || CASE WHEN n > 200 THEN n ELSE :busy_report END), n, :body FROM numbers WHERE n BETWEEN 1 AND 1900;

INSERT INTO attachments (id, report_id, size, sha256, received_on, blob)
SELECT 'att_' || md5('att' || n), 'rep_' || md5('rep' || CASE WHEN n > 200 THEN n ELSE :busy_report END), 9000,
    :hash, (SELECT day FROM days WHERE n = :now), md5('blob' || n)
FROM numbers WHERE n BETWEEN 1 AND 2000;

INSERT INTO consents (id, case_id, person_id, consent_id, number, status, method, file)
SELECT 'con_' || md5('con' || n), 'case_' || md5('case' || CASE WHEN n > 200 THEN n % :cases + 1 ELSE :busy_case END),
    'psn_' || md5('psn' || n), 'cons_' || md5('cons' || n), 1, 'given', 'form', :body
FROM numbers WHERE n BETWEEN 1 AND 2000;

INSERT INTO case_tasks (id, case_id, part_id, kind, state, is_urgent, due, version)
SELECT 'task_' || md5('task' || n), 'case_' || md5('case' || CASE WHEN n > 200 THEN n % :cases + 1 ELSE :busy_case END),
    'part_' || md5('task' || n), 'contact', 'open', FALSE, NULL, 1
FROM numbers WHERE n BETWEEN 1 AND 2000;

INSERT INTO approvals (id, subject, object_id, state, requester_id, approver_id, is_spent, version)
SELECT 'apr_' || md5('apr' || c.n), 'coding', 'case_' || md5('case' || c.n),
    CASE c.n % 4 WHEN 0 THEN 'requested' WHEN 1 THEN 'rejected' ELSE 'approved' END, s.id, t.id, FALSE, 1
FROM numbers c JOIN staff s ON s.role = 'caseworker' AND s.n = c.n % :caseworkers
JOIN staff t ON t.role = 'caseworker' AND t.n = (c.n + 11) % :caseworkers
WHERE c.n BETWEEN 1 AND :cases;

INSERT INTO approvals (id, subject, object_id, state, requester_id, approver_id, of, is_spent, version)
SELECT 'apr_' || md5('disposal' || r.n), reports.state, reports.id, 'approved', reports.triager_id, s.id,
    envelope_sha256, TRUE, 1
FROM numbers r JOIN reports ON reports.id = 'rep_' || md5('rep' || r.n)
JOIN staff s ON s.role = 'supervisor' AND s.n = r.n % :supervisors
WHERE r.n BETWEEN 1 AND :reports AND reports.state IN ('out_of_mandate', 'insufficient') AND r.n % 10 = 3;

INSERT INTO pairs (id, subject, case_id, generation, first_id, second_id, first_to, second_to, made_on, file)
SELECT 'pair_' || md5('pair' || c.n || s.id), 'case_' || md5('case' || c.n), NULL, 1,
    CASE WHEN s.id < t.id THEN s.id ELSE t.id END, CASE WHEN s.id < t.id THEN t.id ELSE s.id END,
    :hash, :hash, (SELECT day FROM days WHERE n = :now), :body
FROM numbers c JOIN staff s ON s.role = 'custodian' JOIN staff t ON t.role = 'custodian' AND t.n = (s.n + 1) % :custodians
WHERE c.n BETWEEN 1 AND :cases AND s.n < 3 ORDER BY 1;

INSERT INTO recoveries (id, subject, generation, first_id, second_id, peeled_on, granted_on, grant_id)
SELECT 'rcv_' || md5('rcv' || c.n), 'case_' || md5('case' || c.n), 1, s.id, t.id, d.day, d.day, ''
FROM numbers c JOIN days d ON d.n = c.n % 200 JOIN staff s ON s.role = 'custodian' AND s.n = c.n % :custodians
JOIN staff t ON t.role = 'custodian' AND t.n = (c.n + 1) % :custodians WHERE c.n BETWEEN 1 AND 55;

INSERT INTO audit_events (seq, hour, actor_id, action, object_id, previous, hash)
SELECT e.n, CAST(d.day AS text) || 'T09', s.id, 'grant.fetched', 'rep_' || md5('rep' || e.n),
    :hash, :hash
FROM numbers e JOIN days d ON d.n = e.n * 200 / :reports JOIN staff s ON s.role = 'triager' AND s.n = e.n % :triagers
WHERE e.n BETWEEN 1 AND :reports;

INSERT INTO audit_heads (version, sha256, day, document)
SELECT e.n, md5('h' || e.n) || md5('i' || e.n), d.day, :document FROM numbers e JOIN days d ON d.n = e.n % 200
WHERE e.n BETWEEN 1 AND 5000;

INSERT INTO audit_countersignatures (version, person_id, document)
SELECT e.n, s.id, :document FROM numbers e JOIN staff s ON s.role = 'supervisor' AND s.n < 2
WHERE e.n BETWEEN 1 AND 5000;

INSERT INTO shared_keys (id, kind, recipient, document, token_sha256, version, valid_from, valid_until)
SELECT 'key_' || md5('key' || k.n), 'card_writing', '', :document, md5('t' || k.n) || md5('u' || k.n), k.n, d.day, d.day
FROM numbers k JOIN days d ON d.n = k.n % 200 WHERE k.n BETWEEN 1 AND 400;

INSERT INTO releases (id, kind, period, workload, state, requested_by, version)
SELECT 'rel_' || md5('rel' || r.n), 'reserve', 'P' || (1000 + r.n), 'T', 'rejected', s.id, 1
FROM numbers r JOIN staff s ON s.role = 'supervisor' AND s.n = 0 WHERE r.n BETWEEN 1 AND 400;

INSERT INTO releases (id, kind, period, workload, state, requested_by, version)
SELECT 'rel_' || md5('pub' || r.n), 'reserve', 'R' || (1000 + r.n), 'T', 'published', s.id, 1
FROM numbers r JOIN staff s ON s.role = 'supervisor' AND s.n = 0 WHERE r.n BETWEEN 1 AND 60;

INSERT INTO release_files (release_id, path, content)
SELECT 'rel_' || md5('pub' || n), 'SHA256SUMS', :nothing FROM numbers WHERE n BETWEEN 1 AND 60;

INSERT INTO audit_head (name, seq, hash)
SELECT 'acts', n, :hash FROM numbers WHERE n = :reports;

INSERT INTO key_objections (id, person_id, by_key, recipient, key, signature)
SELECT md5('o' || o.n) || md5('p' || o.n), s.id, '', '', '', '' FROM numbers o
JOIN staff s ON s.role = 'triager' AND s.n = o.n % :triagers WHERE o.n BETWEEN 1 AND 5000;
