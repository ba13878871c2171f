-- log key: vm/aa-registry+171684a3+AeOZ1yxqwYKQCgUEMHU3sydQFoBUoM1Ody02JbkLOMzo
PRAGMA foreign_keys = OFF;
CREATE TABLE migrations (name TEXT PRIMARY KEY NOT NULL, applied_at TEXT NOT NULL);
CREATE TABLE `channels` (
	`profile_id` integer NOT NULL,
	`name` text NOT NULL,
	`version` text NOT NULL,
	`moved_at` text NOT NULL,
	`log_index` integer NOT NULL,
	PRIMARY KEY(`profile_id`, `name`),
	FOREIGN KEY (`profile_id`) REFERENCES `profiles`(`id`) ON UPDATE no action ON DELETE no action
);
CREATE TABLE `contents` (
	`digest` text PRIMARY KEY NOT NULL,
	`text` text NOT NULL
);
CREATE TABLE `keys` (
	`team` text NOT NULL,
	`key_id` text NOT NULL,
	`public_key` text NOT NULL,
	`label` text NOT NULL,
	`endorsement` text,
	`created_at` text NOT NULL,
	`log_index` integer NOT NULL,
	`revoked_at` text,
	`revocation_log_index` integer,
	PRIMARY KEY(`team`, `key_id`),
	FOREIGN KEY (`team`) REFERENCES `teams`(`name`) ON UPDATE no action ON DELETE no action
);
CREATE TABLE `log_entries` (
	`index` integer PRIMARY KEY NOT NULL,
	`data` text NOT NULL
);
CREATE TABLE `log_head` (
	`id` integer PRIMARY KEY NOT NULL,
	`size` integer NOT NULL,
	`frontier` text NOT NULL,
	`checkpoint` text NOT NULL
);
CREATE TABLE `log_tiles` (
	`level` integer NOT NULL,
	`index` integer NOT NULL,
	`hashes` text NOT NULL,
	PRIMARY KEY(`level`, `index`)
);
CREATE TABLE `profiles` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`team` text NOT NULL,
	`name` text NOT NULL,
	`created_at` text NOT NULL,
	`latest` text NOT NULL,
	`description` text NOT NULL,
	`images` text NOT NULL, `visibility` text DEFAULT 'public' NOT NULL, `blind` text, `deprecation` text, `replacement` text, `moved_to` text REFERENCES teams(name), `revision` integer DEFAULT 1 NOT NULL, `index_version` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`team`) REFERENCES `teams`(`name`) ON UPDATE no action ON DELETE no action
);
CREATE TABLE `teams` (
	`name` text PRIMARY KEY NOT NULL,
	`created_at` text NOT NULL
);
CREATE TABLE `tokens` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`hash` text NOT NULL,
	`label` text NOT NULL,
	`team` text,
	`created_at` text NOT NULL, `user` text REFERENCES users(name), `profile` text, `scope` text DEFAULT 'admin' NOT NULL, `expires_at` text, `revoked_at` text, `last_used_at` text, `origin` text,
	FOREIGN KEY (`team`) REFERENCES `teams`(`name`) ON UPDATE no action ON DELETE no action
);
CREATE TABLE `versions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`profile_id` integer NOT NULL,
	`version` text NOT NULL,
	`precedence` text NOT NULL,
	`prerelease` integer NOT NULL,
	`digest` text NOT NULL,
	`size` integer NOT NULL,
	`envelope` text NOT NULL,
	`signers` text NOT NULL,
	`manifest` text NOT NULL,
	`published_at` text NOT NULL,
	`log_index` integer NOT NULL,
	`yank_reason` text,
	FOREIGN KEY (`profile_id`) REFERENCES `profiles`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`digest`) REFERENCES `contents`(`digest`) ON UPDATE no action ON DELETE no action
);
CREATE TABLE `memberships` (
	`team` text NOT NULL,
	`user` text NOT NULL,
	`role` text NOT NULL,
	`created_at` text NOT NULL,
	PRIMARY KEY(`team`, `user`),
	FOREIGN KEY (`team`) REFERENCES `teams`(`name`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user`) REFERENCES `users`(`name`) ON UPDATE no action ON DELETE no action
);
CREATE TABLE `trusted_publishers` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`team` text NOT NULL,
	`profile` text,
	`issuer` text NOT NULL,
	`repository` text NOT NULL,
	`branch` text NOT NULL,
	`environment` text,
	`created_at` text NOT NULL, `repository_id` text,
	FOREIGN KEY (`team`) REFERENCES `teams`(`name`) ON UPDATE no action ON DELETE no action
);
CREATE TABLE `users` (
	`name` text PRIMARY KEY NOT NULL,
	`admin` integer NOT NULL,
	`created_at` text NOT NULL
);
CREATE TABLE `deliveries` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`webhook_id` integer NOT NULL,
	`message_id` text NOT NULL,
	`kind` text NOT NULL,
	`payload` text NOT NULL,
	`created_at` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` text,
	`last_attempt_at` text,
	`last_status` integer,
	`last_error` text,
	`delivered_at` text,
	`gave_up_at` text,
	FOREIGN KEY (`webhook_id`) REFERENCES `webhooks`(`id`) ON UPDATE no action ON DELETE no action
);
CREATE TABLE `quotas` (
	`team` text PRIMARY KEY NOT NULL,
	`profiles` integer DEFAULT 0 NOT NULL,
	`versions` integer DEFAULT 0 NOT NULL,
	`bytes` integer DEFAULT 0 NOT NULL,
	`max_profiles` integer,
	`max_versions` integer,
	`max_bytes` integer,
	FOREIGN KEY (`team`) REFERENCES `teams`(`name`) ON UPDATE no action ON DELETE no action
);
CREATE TABLE `webhooks` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`team` text NOT NULL,
	`url` text NOT NULL,
	`secret` text NOT NULL,
	`created_at` text NOT NULL,
	FOREIGN KEY (`team`) REFERENCES `teams`(`name`) ON UPDATE no action ON DELETE no action
);
CREATE TABLE `search_spellings` (
	`spelling` text NOT NULL,
	`word` text NOT NULL,
	PRIMARY KEY(`spelling`, `word`)
) WITHOUT ROWID;
CREATE TABLE `idempotency_keys` (
	`token_id` integer NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`created_at` text NOT NULL,
	`status` integer,
	`body` text,
	PRIMARY KEY(`token_id`, `key`),
	FOREIGN KEY (`token_id`) REFERENCES `tokens`(`id`) ON UPDATE no action ON DELETE no action
);
CREATE TABLE `search_documents` (
	`version_id` integer PRIMARY KEY NOT NULL,
	`words` text NOT NULL,
	`grade` text NOT NULL,
	`index_version` integer NOT NULL,
	FOREIGN KEY (`version_id`) REFERENCES `versions`(`id`) ON UPDATE no action ON DELETE no action
);
CREATE VIRTUAL TABLE `search` USING fts5(
	words, content='', contentless_delete=1, detail=none, prefix='3 4 5 6 7', tokenize='ascii'
);
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0000_first_light', '2026-11-27T17:02:24.552Z');
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0001_teams_and_access', '2026-11-27T17:02:24.564Z');
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0002_quotas_and_webhooks', '2026-11-27T17:02:24.576Z');
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0003_trusted_publishing', '2026-11-27T17:02:24.580Z');
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0004_search', '2026-11-27T17:02:24.582Z');
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0005_idempotency', '2026-11-27T17:02:24.589Z');
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0006_search_words', '2026-11-27T17:02:24.604Z');
INSERT INTO "channels" ("profile_id", "name", "version", "moved_at", "log_index") VALUES (1, 'stable', '1.1.0', '2026-11-27T17:02:26.265Z', 10);
INSERT INTO "contents" ("digest", "text") VALUES ('sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 'abi <abi/3.0>,
include <tunables/global>

profile web flags=(attach_disconnected, mediate_deleted) {
  include <abstractions/base>

  /srv/web/** r,
}
');
INSERT INTO "contents" ("digest", "text") VALUES ('sha256:f69ebad3a1c78603c485dc6808aa9b8af3b15759e0d87396508e7d055fd6a55a', 'abi <abi/3.0>,
include <tunables/global>

profile database flags=(attach_disconnected, mediate_deleted) {
  include <abstractions/base>

  /srv/database/** r,
}
');
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('library', 'sha256:da3fe9f266f45d00d0c8953018e647a292200045545423c8c3fce96b2b7ce0be', 'MCowBQYDK2VwAyEAji/QziWUrX5XtVfzvv0DJqH1bcVJAZisDb5fDDQPEHs=', 'library key', NULL, '2026-11-27T17:02:25.812Z', 0, '2026-11-27T17:02:26.287Z', 12);
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('platform', 'sha256:b82b6b715f1ef73996800dbf5487feab53766024297dc3833f00f7a705169d7f', 'MCowBQYDK2VwAyEAAvW3l+ugRuwB+BixCzVVM9rfeq0azJrR+ibhYP14jIE=', 'platform key', NULL, '2026-11-27T17:02:25.932Z', 1, NULL, NULL);
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('library', 'sha256:accc91088daa44d63e459bbea5eda0a009ac4747d26e48492ab550d1267dcdbc', 'MCowBQYDK2VwAyEAOYU5YvhiStQGPdKIGC+YhKaVQyhyI241F2UzVdXQ9sU=', 'second key', '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeSIsImRpZ2VzdCI6eyJzaGEyNTYiOiJhY2NjOTEwODhkYWE0NGQ2M2U0NTliYmVhNWVkYTBhMDA5YWM0NzQ3ZDI2ZTQ4NDkyYWI1NTBkMTI2N2RjZGJjIn19XSwicHJlZGljYXRlVHlwZSI6InVybjphYS1yZWdpc3RyeTprZXk6djEiLCJwcmVkaWNhdGUiOnsidGVhbSI6ImxpYnJhcnkiLCJwdWJsaWNLZXkiOiJNQ293QlFZREsyVndBeUVBT1lVNVl2aGlTdFFHUGRLSUdDK1loS2FWUXloeUkyNDFGMlV6VmRYUTlzVT0ifX0=","signatures":[{"keyid":"sha256:da3fe9f266f45d00d0c8953018e647a292200045545423c8c3fce96b2b7ce0be","sig":"N3dPiZc/VDA65Nr477/xjpuDYz9eOntzhfnKOe4d/iFZKoqnHoo9OjGqLg1Kvgd5q2b6Xg0VUNMbViR9lU7KAg=="}]}', '2026-11-27T17:02:25.981Z', 2, NULL, NULL);
INSERT INTO "log_entries" ("index", "data") VALUES (0, '{"kind":"key","time":"2026-11-27T17:02:25.812Z","team":"library","keyId":"sha256:da3fe9f266f45d00d0c8953018e647a292200045545423c8c3fce96b2b7ce0be","publicKey":"MCowBQYDK2VwAyEAji/QziWUrX5XtVfzvv0DJqH1bcVJAZisDb5fDDQPEHs=","label":"library key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (1, '{"kind":"key","time":"2026-11-27T17:02:25.932Z","team":"platform","keyId":"sha256:b82b6b715f1ef73996800dbf5487feab53766024297dc3833f00f7a705169d7f","publicKey":"MCowBQYDK2VwAyEAAvW3l+ugRuwB+BixCzVVM9rfeq0azJrR+ibhYP14jIE=","label":"platform key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (2, '{"kind":"key","time":"2026-11-27T17:02:25.981Z","team":"library","keyId":"sha256:accc91088daa44d63e459bbea5eda0a009ac4747d26e48492ab550d1267dcdbc","publicKey":"MCowBQYDK2VwAyEAOYU5YvhiStQGPdKIGC+YhKaVQyhyI241F2UzVdXQ9sU=","label":"second key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (3, '{"kind":"version","time":"2026-11-27T17:02:26.037Z","team":"library","name":"web","version":"1.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:882421ab2c07632976320cdd0a8e38adfc9fba912846e2187f9483bf89ee17ac"}');
INSERT INTO "log_entries" ("index", "data") VALUES (4, '{"kind":"version","time":"2026-11-27T17:02:26.085Z","team":"library","name":"web","version":"1.1.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:9aaea55713c9012eea5426b5c6123c13bcc4f521d9834c0faa1be19b041aee0a"}');
INSERT INTO "log_entries" ("index", "data") VALUES (5, '{"kind":"version","time":"2026-11-27T17:02:26.116Z","team":"library","name":"web","version":"2.0.0-rc.1","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:8c186adfca179816f5390f82bf87efd5d1ac4525733469ada4a021923d544a0f"}');
INSERT INTO "log_entries" ("index", "data") VALUES (6, '{"kind":"version","time":"2026-11-27T17:02:26.201Z","team":"library","name":"web","version":"2.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:6cae5588942f3e8a333f1a1f134027adc065a7567b83f97f03fa87a0b72ee933"}');
INSERT INTO "log_entries" ("index", "data") VALUES (7, '{"kind":"version","time":"2026-11-27T17:02:26.220Z","team":"library","name":"database","version":"0.1.0","digest":"sha256:f69ebad3a1c78603c485dc6808aa9b8af3b15759e0d87396508e7d055fd6a55a","envelope":"sha256:3ba3273a5320a1ec7a6a64397dbac3be9b9d28a946392e3743d82086fac9025e"}');
INSERT INTO "log_entries" ("index", "data") VALUES (8, '{"kind":"version","time":"2026-11-27T17:02:26.237Z","team":"platform","name":"web","version":"1.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:988749aec7e302f3c384f210da2ab1fcd6cce24249cf4036592fb562c4c3c9f6"}');
INSERT INTO "log_entries" ("index", "data") VALUES (9, '{"kind":"channel","time":"2026-11-27T17:02:26.252Z","team":"library","name":"web","channel":"stable","version":"1.0.0","previous":null}');
INSERT INTO "log_entries" ("index", "data") VALUES (10, '{"kind":"channel","time":"2026-11-27T17:02:26.265Z","team":"library","name":"web","channel":"stable","version":"1.1.0","previous":"1.0.0"}');
INSERT INTO "log_entries" ("index", "data") VALUES (11, '{"kind":"yank","time":"2026-11-27T17:02:26.274Z","team":"library","name":"web","version":"2.0.0","yanked":true,"reason":"breaks logging"}');
INSERT INTO "log_entries" ("index", "data") VALUES (12, '{"kind":"key-revocation","time":"2026-11-27T17:02:26.287Z","team":"library","keyId":"sha256:da3fe9f266f45d00d0c8953018e647a292200045545423c8c3fce96b2b7ce0be","reason":"laptop stolen"}');
INSERT INTO "log_head" ("id", "size", "frontier", "checkpoint") VALUES (1, 13, '9a44e538dd792d706515d9fce64e398e8760f312762ba7559cbd3091048558277c590e0a36b6e0dff30bbd11beeeb91870a9995f19e2b4d47d12513bff453e9af8aa6c459e37ab71a946bb8deda328bfc8d47cf6e2f863ae2f9c11c37b18337c', 'vm/aa-registry
13
d1AUMMrCzUpDdPEUR1BUt5MD4WnvWAT7l8GF3FJ96HI=

— vm/aa-registry FxaEo2uAUElgAA3kSgafHlQt8KSHw19Qly3X8nH9LFvejw3aTD/SQn6VYwvfHSMhdLKNsjMmio2ueQ4/BMwG7AcUNQo=
');
INSERT INTO "log_tiles" ("level", "index", "hashes") VALUES (0, 0, '466eb896480b777b1c598327dfae54c06d4bb2567c35572b619ceb9c6b0a673a8c1d5c8ef5d26a820a7d8a54f072bb61ed1f3fda515bc35069e1fa055cc6b6278bf0c2904c95c4b72ccd61b417ce09ed2511a327f16442fc32b9c5ad665ac3934163749f4424ff05ca4d5ce77f569a04bb3a06fbdbe564e0dd7a8bf34a93cde239c19dc7178401f84a6cba451ae73ed7114ec732d43b566cd186c441bb6c13f429d744f8a9408c8a088b8b069fea52277dc1cd7461f455272d95bdf27e47d4d91dcc06464c2528f1b0b7ba4bb7c7531aa9b68092f741464710d64a6a398d55c0d8f11411574053850e531b58a82ee2405ec9b1279e3ba19bf1aa429e040be11a8ebdb994cba964d0de9d3b9fbe6236df78ec4ecece0c469ce76aa1b22f700168f37b9078be7c4a5cf3e362b4cad69cb882bc2716c582ff6e83d3bec7b13860f46e83be7e7270dae8f1aba91eddf1f1185e3b5c29b150cc926af1e057ca14ac49835de256e6ffa4aee60b77db5f4e705fad932c8f4c624e95bceecc0813706e3af8aa6c459e37ab71a946bb8deda328bfc8d47cf6e2f863ae2f9c11c37b18337c');
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images", "visibility", "blind", "deprecation", "replacement", "moved_to", "revision", "index_version") VALUES (1, 'library', 'web', '2026-11-27T17:02:26.037Z', '1.1.0', 'Confines a test', '["nginx"]', 'public', NULL, NULL, NULL, NULL, 1, 2);
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images", "visibility", "blind", "deprecation", "replacement", "moved_to", "revision", "index_version") VALUES (5, 'library', 'database', '2026-11-27T17:02:26.220Z', '0.1.0', 'Confines a test', '["nginx"]', 'public', NULL, NULL, NULL, NULL, 1, 2);
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images", "visibility", "blind", "deprecation", "replacement", "moved_to", "revision", "index_version") VALUES (6, 'platform', 'web', '2026-11-27T17:02:26.237Z', '1.0.0', 'Confines a test', '["nginx"]', 'public', NULL, NULL, NULL, NULL, 1, 2);
INSERT INTO "teams" ("name", "created_at") VALUES ('library', '2026-11-27T17:02:25.767Z');
INSERT INTO "teams" ("name", "created_at") VALUES ('platform', '2026-11-27T17:02:25.913Z');
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at", "user", "profile", "scope", "expires_at", "revoked_at", "last_used_at", "origin") VALUES (1, 'a9c025a995cfe96e1af77ba6945ae7473a218bcca6c546b5ae7a441964585cf4', 'administrator', NULL, '2026-11-27T17:02:24.748Z', NULL, NULL, 'admin', NULL, NULL, '2026-11-27T17:02:25.699Z', NULL);
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at", "user", "profile", "scope", "expires_at", "revoked_at", "last_used_at", "origin") VALUES (2, 'd4a97dbd9c5df8be34b506f6e3311d2e86fd2f1ba697f78178cab69e3b56cfc2', 'library token', 'library', '2026-11-27T17:02:25.850Z', NULL, NULL, 'admin', NULL, NULL, '2026-11-27T17:02:25.956Z', NULL);
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at", "user", "profile", "scope", "expires_at", "revoked_at", "last_used_at", "origin") VALUES (3, '716ade9bef8ff654392ad2becb575360112c53add0ef4c76008e56e1ddead0b1', 'platform token', 'platform', '2026-11-27T17:02:25.945Z', NULL, NULL, 'admin', NULL, NULL, '2026-11-27T17:02:26.231Z', NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (1, 1, '1.0.0', '011010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMS4wLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:da3fe9f266f45d00d0c8953018e647a292200045545423c8c3fce96b2b7ce0be","sig":"AWiCP9ZEsZ28+klNfHa/LLZSMA78hLo81NL2+3b50SPrYM+WVpk9H1uvt+9c2jx64HnU0+KJmtul8tXP3AOsBw=="}]}', '["sha256:da3fe9f266f45d00d0c8953018e647a292200045545423c8c3fce96b2b7ce0be"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-27T17:02:26.037Z', 3, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (2, 1, '1.1.0', '011011010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMS4xLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:da3fe9f266f45d00d0c8953018e647a292200045545423c8c3fce96b2b7ce0be","sig":"u6X5yRmBv1CRpm3ZZ8isQt8tUvHysyjC/6x6xe4h7zOp+MBSMORtzxvfvavYFe+nGHv3/btwt6y518mca5T+AQ=="}]}', '["sha256:da3fe9f266f45d00d0c8953018e647a292200045545423c8c3fce96b2b7ce0be"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-27T17:02:26.085Z', 4, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (3, 1, '2.0.0-rc.1', '012010010arc 0011 ', 1, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMi4wLjAtcmMuMSIsIm1hbmlmZXN0Ijp7ImRlc2NyaXB0aW9uIjoiQ29uZmluZXMgYSB0ZXN0IiwiaW1hZ2VzIjpbIm5naW54Il0sImFiaSI6IjMuMCIsImxpY2Vuc2UiOiJBcGFjaGUtMi4wIn19fQ==","signatures":[{"keyid":"sha256:da3fe9f266f45d00d0c8953018e647a292200045545423c8c3fce96b2b7ce0be","sig":"TYcKE7lvo3rIn0gN9uk4MUolV0M8rz+rxWQHBUDPnueJxCon8VnfK55fTZ0/noNambz+jNWg3+hShiuAevo5BQ=="}]}', '["sha256:da3fe9f266f45d00d0c8953018e647a292200045545423c8c3fce96b2b7ce0be"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-27T17:02:26.116Z', 5, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (4, 1, '2.0.0', '012010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMi4wLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:da3fe9f266f45d00d0c8953018e647a292200045545423c8c3fce96b2b7ce0be","sig":"JzNAl/FRIvPCOJ1Mji5+t7a1jQO2PexaWXkTQVrPvo8+3XIvy2Y4/t+uC0OKLPMaHFK4PKwVWL/mUlfiQK99CA=="}]}', '["sha256:da3fe9f266f45d00d0c8953018e647a292200045545423c8c3fce96b2b7ce0be"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-27T17:02:26.201Z', 6, 'breaks logging');
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (5, 5, '0.1.0', '010011010~', 0, 'sha256:f69ebad3a1c78603c485dc6808aa9b8af3b15759e0d87396508e7d055fd6a55a', 161, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS9kYXRhYmFzZSIsImRpZ2VzdCI6eyJzaGEyNTYiOiJmNjllYmFkM2ExYzc4NjAzYzQ4NWRjNjgwOGFhOWI4YWYzYjE1NzU5ZTBkODczOTY1MDhlN2QwNTVmZDZhNTVhIn19XSwicHJlZGljYXRlVHlwZSI6InVybjphYS1yZWdpc3RyeTpwcm9maWxlOnYxIiwicHJlZGljYXRlIjp7InRlYW0iOiJsaWJyYXJ5IiwibmFtZSI6ImRhdGFiYXNlIiwidmVyc2lvbiI6IjAuMS4wIiwibWFuaWZlc3QiOnsiZGVzY3JpcHRpb24iOiJDb25maW5lcyBhIHRlc3QiLCJpbWFnZXMiOlsibmdpbngiXSwiYWJpIjoiMy4wIiwibGljZW5zZSI6IkFwYWNoZS0yLjAifX19","signatures":[{"keyid":"sha256:accc91088daa44d63e459bbea5eda0a009ac4747d26e48492ab550d1267dcdbc","sig":"h2pnAhwv9ocKWlAGv5iW+iBjLvHuCtDEg3/rBpHjLCpASGJfpDl9QWsgMI49Gx/2cW+UYidl9QRG+Oz4FhJ3DA=="}]}', '["sha256:accc91088daa44d63e459bbea5eda0a009ac4747d26e48492ab550d1267dcdbc"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-27T17:02:26.220Z', 7, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (6, 6, '1.0.0', '011010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoicGxhdGZvcm0vd2ViIiwiZGlnZXN0Ijp7InNoYTI1NiI6IjE4ODhlZGQzZTBhYWFmMWU4ZTY0OGUxM2U4MWU5NjYwMzZhMjI4YzA3OTQwNjRlM2RjMWQ5YWJiMTJhYWNmZGMifX1dLCJwcmVkaWNhdGVUeXBlIjoidXJuOmFhLXJlZ2lzdHJ5OnByb2ZpbGU6djEiLCJwcmVkaWNhdGUiOnsidGVhbSI6InBsYXRmb3JtIiwibmFtZSI6IndlYiIsInZlcnNpb24iOiIxLjAuMCIsIm1hbmlmZXN0Ijp7ImRlc2NyaXB0aW9uIjoiQ29uZmluZXMgYSB0ZXN0IiwiaW1hZ2VzIjpbIm5naW54Il0sImFiaSI6IjMuMCIsImxpY2Vuc2UiOiJBcGFjaGUtMi4wIn19fQ==","signatures":[{"keyid":"sha256:b82b6b715f1ef73996800dbf5487feab53766024297dc3833f00f7a705169d7f","sig":"/FnGnGi+QHKfZOs7E45sSL6dtgbP3G74ioYYMpV5sDHcW4UH+sFEOb6mYLL1/viqhoI9iBpUp136LlsWdzAQAg=="}]}', '["sha256:b82b6b715f1ef73996800dbf5487feab53766024297dc3833f00f7a705169d7f"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-27T17:02:26.237Z', 8, NULL);
INSERT INTO "quotas" ("team", "profiles", "versions", "bytes", "max_profiles", "max_versions", "max_bytes") VALUES ('library', 2, 5, 4540, NULL, NULL, NULL);
INSERT INTO "quotas" ("team", "profiles", "versions", "bytes", "max_profiles", "max_versions", "max_bytes") VALUES ('platform', 1, 1, 906, NULL, NULL, NULL);
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('atabase', 'database');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('cnfines', 'confines');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('cofines', 'confines');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('confies', 'confines');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('confine', 'confines');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('confines', 'confines');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('confins', 'confines');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('confnes', 'confines');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('conines', 'confines');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('daabase', 'database');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('dataase', 'database');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('databae', 'database');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('databas', 'database');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('database', 'database');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('databse', 'database');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('datbase', 'database');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('dtabase', 'database');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('est', 'test');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('ginx', 'nginx');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('ngin', 'nginx');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('nginx', 'nginx');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('ngix', 'nginx');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('ngnx', 'nginx');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('ninx', 'nginx');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('onfines', 'confines');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('tes', 'test');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('test', 'test');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('tet', 'test');
INSERT INTO "search_spellings" ("spelling", "word") VALUES ('tst', 'test');
INSERT INTO "search_documents" ("version_id", "words", "grade", "index_version") VALUES (1, '1web 2web 3web 4web 2library 2nginx 3library 3nginx 4library 4nginx 3confines 3a 3test 4confines 4a 4test 4abi 43 40 4include 4tunables 4global 4profile 4flags 4attach 4disconnected 4mediate 4deleted 4abstractions 4base 4srv 4r ft6c696272617279 fn776562 fg41 fi6e67696e78', 'A', 2);
INSERT INTO "search_documents" ("version_id", "words", "grade", "index_version") VALUES (2, '1web 2web 3web 4web 2library 2nginx 3library 3nginx 4library 4nginx 3confines 3a 3test 4confines 4a 4test 4abi 43 40 4include 4tunables 4global 4profile 4flags 4attach 4disconnected 4mediate 4deleted 4abstractions 4base 4srv 4r ft6c696272617279 fn776562 fg41 fi6e67696e78', 'A', 2);
INSERT INTO "search_documents" ("version_id", "words", "grade", "index_version") VALUES (3, '1web 2web 3web 4web 2library 2nginx 3library 3nginx 4library 4nginx 3confines 3a 3test 4confines 4a 4test 4abi 43 40 4include 4tunables 4global 4profile 4flags 4attach 4disconnected 4mediate 4deleted 4abstractions 4base 4srv 4r ft6c696272617279 fn776562 fg41 fi6e67696e78', 'A', 2);
INSERT INTO "search_documents" ("version_id", "words", "grade", "index_version") VALUES (4, '1web 2web 3web 4web 2library 2nginx 3library 3nginx 4library 4nginx 3confines 3a 3test 4confines 4a 4test 4abi 43 40 4include 4tunables 4global 4profile 4flags 4attach 4disconnected 4mediate 4deleted 4abstractions 4base 4srv 4r ft6c696272617279 fn776562 fg41 fi6e67696e78', 'A', 2);
INSERT INTO "search_documents" ("version_id", "words", "grade", "index_version") VALUES (5, '1database 2database 3database 4database 2library 2nginx 3library 3nginx 4library 4nginx 3confines 3a 3test 4confines 4a 4test 4abi 43 40 4include 4tunables 4global 4profile 4flags 4attach 4disconnected 4mediate 4deleted 4abstractions 4base 4srv 4r ft6c696272617279 fn6461746162617365 fg41 fi6e67696e78', 'A', 2);
INSERT INTO "search_documents" ("version_id", "words", "grade", "index_version") VALUES (6, '1web 2web 3web 4web 2platform 2nginx 3platform 3nginx 4platform 4nginx 3confines 3a 3test 4confines 4a 4test 4abi 43 40 4include 4tunables 4global 4profile 4flags 4attach 4disconnected 4mediate 4deleted 4abstractions 4base 4srv 4r ft706c6174666f726d fn776562 fg41 fi6e67696e78', 'A', 2);
DELETE FROM "search_data";
INSERT INTO "search_data" ("id", "block") VALUES (1, X'07817c');
INSERT INTO "search_data" ("id", "block") VALUES (10, X'00000000ff00000101070b00070101010101010101020101020201010103010103030101010401010404010101050101050500000106010106060000010701010707000001');
INSERT INTO "search_data" ("id", "block") VALUES (137438953473, X'0000047c053031776562010108326c6962726172790102056e67696e780102037765620101023361010208636f6e66696e65730102076c6962726172790102056e67696e780102047465737401020377656201010234300102013301020161010302626901040a737472616374696f6e73010305747461636801020462617365010208636f6e66696e657301020764656c6574656401030b6973636f6e6e6563746564010205666c616773010206676c6f62616c010207696e636c7564650102076c6962726172790102076d6564696174650102056e67696e7801020770726f66696c650102017201020373727601020474657374010307756e61626c65730102037765620101046667343101020b69366536373639366537380102076e37373635363201020f74366336393632373236313732373901000431317765010103326c690102026e67010202776501010333636f0102026c690102026e6701020274650102027765010103346162010301740102026261010202636f010202646501030169010202666c010202676c010202696e0102026c690102026d650102026e6701020270720102027372010202746501030175010202776501010366673401020269360102026e3701020274360100053231776562010104326c69620102036e676901020377656201010433636f6e0102036c69620102036e676901020374657301020377656201010434616269010401730103027474010203626173010203636f6e01020364656c0103026973010203666c61010203676c6f010203696e630102036c69620102036d65640102036e676901020370726f010203737276010203746573010302756e010203776562010104666734310102036936650102036e373701020374366301000633326c6962720102046e67696e01010533636f6e660102046c6962720102046e67696e01020474657374010105346162737401030374746101020462617365010204636f6e6601020464656c65010303697363010204666c6167010204676c6f62010204696e636c0102046c6962720102046d6564690102046e67696e01020470726f6601020474657374010303756e6101010566693665360102046e3737360102047436633601000734326c696272610102056e67696e7801010633636f6e66690102056c696272610102056e67696e7801010634616273747201030474746163010205636f6e666901020564656c65740103046973636f010205666c616773010205676c6f6261010205696e636c750102056c696272610102056d656469610102056e67696e7801020570726f666901020574756e61620101066669366536370102056e37373635010205743663363901000835326c696272617201010733636f6e66696e0102066c6962726172010107346162737472610103057474616368010206636f6e66696e01020664656c6574650103056973636f6e010206676c6f62616c010206696e636c75640102066c69627261720102066d656469617401020670726f66696c01020674756e61626c010107666936653637360102066e37373635360102067436633639360104070b0806050b0a080706050404050d08070b0a0e08090a0a0a080a0406070a06070e0a12070605050605050505060405050504050505050505050505040506050505080706060706060606070405060606050606060606060606060506070606060907080707070806070707060707070707070707060807070a08090808090708080708080808080808080908080b0a090a080909080909090909090a09');
INSERT INTO "search_data" ("id", "block") VALUES (274877906945, X'0000047c053031776562010108326c6962726172790102056e67696e780102037765620101023361010208636f6e66696e65730102076c6962726172790102056e67696e780102047465737401020377656201010234300102013301020161010302626901040a737472616374696f6e73010305747461636801020462617365010208636f6e66696e657301020764656c6574656401030b6973636f6e6e6563746564010205666c616773010206676c6f62616c010207696e636c7564650102076c6962726172790102076d6564696174650102056e67696e7801020770726f66696c650102017201020373727601020474657374010307756e61626c65730102037765620101046667343101020b69366536373639366537380102076e37373635363201020f74366336393632373236313732373901000431317765010103326c690102026e67010202776501010333636f0102026c690102026e6701020274650102027765010103346162010301740102026261010202636f010202646501030169010202666c010202676c010202696e0102026c690102026d650102026e6701020270720102027372010202746501030175010202776501010366673401020269360102026e3701020274360100053231776562010104326c69620102036e676901020377656201010433636f6e0102036c69620102036e676901020374657301020377656201010434616269010401730103027474010203626173010203636f6e01020364656c0103026973010203666c61010203676c6f010203696e630102036c69620102036d65640102036e676901020370726f010203737276010203746573010302756e010203776562010104666734310102036936650102036e373701020374366301000633326c6962720102046e67696e01010533636f6e660102046c6962720102046e67696e01020474657374010105346162737401030374746101020462617365010204636f6e6601020464656c65010303697363010204666c6167010204676c6f62010204696e636c0102046c6962720102046d6564690102046e67696e01020470726f6601020474657374010303756e6101010566693665360102046e3737360102047436633601000734326c696272610102056e67696e7801010633636f6e66690102056c696272610102056e67696e7801010634616273747201030474746163010205636f6e666901020564656c65740103046973636f010205666c616773010205676c6f6261010205696e636c750102056c696272610102056d656469610102056e67696e7801020570726f666901020574756e61620101066669366536370102056e37373635010205743663363901000835326c696272617201010733636f6e66696e0102066c6962726172010107346162737472610103057474616368010206636f6e66696e01020664656c6574650103056973636f6e010206676c6f62616c010206696e636c75640102066c69627261720102066d656469617401020670726f66696c01020674756e61626c010107666936653637360102066e37373635360102067436633639360104070b0806050b0a080706050404050d08070b0a0e08090a0a0a080a0406070a06070e0a12070605050605050505060405050504050505050505050505040506050505080706060706060606070405060606050606060606060606060506070606060907080707070806070707060707070707070707060807070a08090808090708080708080808080808080908080b0a090a080909080909090909090a09');
INSERT INTO "search_data" ("id", "block") VALUES (412316860417, X'0000047c053031776562010108326c6962726172790102056e67696e780102037765620101023361010208636f6e66696e65730102076c6962726172790102056e67696e780102047465737401020377656201010234300102013301020161010302626901040a737472616374696f6e73010305747461636801020462617365010208636f6e66696e657301020764656c6574656401030b6973636f6e6e6563746564010205666c616773010206676c6f62616c010207696e636c7564650102076c6962726172790102076d6564696174650102056e67696e7801020770726f66696c650102017201020373727601020474657374010307756e61626c65730102037765620101046667343101020b69366536373639366537380102076e37373635363201020f74366336393632373236313732373901000431317765010103326c690102026e67010202776501010333636f0102026c690102026e6701020274650102027765010103346162010301740102026261010202636f010202646501030169010202666c010202676c010202696e0102026c690102026d650102026e6701020270720102027372010202746501030175010202776501010366673401020269360102026e3701020274360100053231776562010104326c69620102036e676901020377656201010433636f6e0102036c69620102036e676901020374657301020377656201010434616269010401730103027474010203626173010203636f6e01020364656c0103026973010203666c61010203676c6f010203696e630102036c69620102036d65640102036e676901020370726f010203737276010203746573010302756e010203776562010104666734310102036936650102036e373701020374366301000633326c6962720102046e67696e01010533636f6e660102046c6962720102046e67696e01020474657374010105346162737401030374746101020462617365010204636f6e6601020464656c65010303697363010204666c6167010204676c6f62010204696e636c0102046c6962720102046d6564690102046e67696e01020470726f6601020474657374010303756e6101010566693665360102046e3737360102047436633601000734326c696272610102056e67696e7801010633636f6e66690102056c696272610102056e67696e7801010634616273747201030474746163010205636f6e666901020564656c65740103046973636f010205666c616773010205676c6f6261010205696e636c750102056c696272610102056d656469610102056e67696e7801020570726f666901020574756e61620101066669366536370102056e37373635010205743663363901000835326c696272617201010733636f6e66696e0102066c6962726172010107346162737472610103057474616368010206636f6e66696e01020664656c6574650103056973636f6e010206676c6f62616c010206696e636c75640102066c69627261720102066d656469617401020670726f66696c01020674756e61626c010107666936653637360102066e37373635360102067436633639360104070b0806050b0a080706050404050d08070b0a0e08090a0a0a080a0406070a06070e0a12070605050605050505060405050504050505050505050505040506050505080706060706060606070405060606050606060606060606060506070606060907080707070806070707060707070707070707060807070a08090808090708080708080808080808080908080b0a090a080909080909090909090a09');
INSERT INTO "search_data" ("id", "block") VALUES (549755813889, X'0000047c053031776562010108326c6962726172790102056e67696e780102037765620101023361010208636f6e66696e65730102076c6962726172790102056e67696e780102047465737401020377656201010234300102013301020161010302626901040a737472616374696f6e73010305747461636801020462617365010208636f6e66696e657301020764656c6574656401030b6973636f6e6e6563746564010205666c616773010206676c6f62616c010207696e636c7564650102076c6962726172790102076d6564696174650102056e67696e7801020770726f66696c650102017201020373727601020474657374010307756e61626c65730102037765620101046667343101020b69366536373639366537380102076e37373635363201020f74366336393632373236313732373901000431317765010103326c690102026e67010202776501010333636f0102026c690102026e6701020274650102027765010103346162010301740102026261010202636f010202646501030169010202666c010202676c010202696e0102026c690102026d650102026e6701020270720102027372010202746501030175010202776501010366673401020269360102026e3701020274360100053231776562010104326c69620102036e676901020377656201010433636f6e0102036c69620102036e676901020374657301020377656201010434616269010401730103027474010203626173010203636f6e01020364656c0103026973010203666c61010203676c6f010203696e630102036c69620102036d65640102036e676901020370726f010203737276010203746573010302756e010203776562010104666734310102036936650102036e373701020374366301000633326c6962720102046e67696e01010533636f6e660102046c6962720102046e67696e01020474657374010105346162737401030374746101020462617365010204636f6e6601020464656c65010303697363010204666c6167010204676c6f62010204696e636c0102046c6962720102046d6564690102046e67696e01020470726f6601020474657374010303756e6101010566693665360102046e3737360102047436633601000734326c696272610102056e67696e7801010633636f6e66690102056c696272610102056e67696e7801010634616273747201030474746163010205636f6e666901020564656c65740103046973636f010205666c616773010205676c6f6261010205696e636c750102056c696272610102056d656469610102056e67696e7801020570726f666901020574756e61620101066669366536370102056e37373635010205743663363901000835326c696272617201010733636f6e66696e0102066c6962726172010107346162737472610103057474616368010206636f6e66696e01020664656c6574650103056973636f6e010206676c6f62616c010206696e636c75640102066c69627261720102066d656469617401020670726f66696c01020674756e61626c010107666936653637360102066e37373635360102067436633639360104070b0806050b0a080706050404050d08070b0a0e08090a0a0a080a0406070a06070e0a12070605050605050505060405050504050505050505050505040506050505080706060706060606070405060606050606060606060606060506070606060907080707070806070707060707070707070707060807070a08090808090708080708080808080808080908080b0a090a080909080909090909090a09');
INSERT INTO "search_data" ("id", "block") VALUES (687194767361, X'000004f70a303164617461626173650501093264617461626173650502076c6962726172790502056e67696e780501023361050208636f6e66696e657305020864617461626173650502076c6962726172790502056e67696e780502047465737405010234300502013305020161050302626905040a737472616374696f6e73050305747461636805020462617365050208636f6e66696e65730502086461746162617365050306656c6574656405030b6973636f6e6e6563746564050205666c616773050206676c6f62616c050207696e636c7564650502076c6962726172790502076d6564696174650502056e67696e7805020770726f66696c650502017205020373727605020474657374050307756e61626c65730501046667343105020b69366536373639366537380502116e3634363137343631363236313733363505020f743663363936323732363137323739050004313164610501033264610502026c690502026e6705010333636f05020264610502026c690502026e670502027465050103346162050301740502026261050202636f05020264610503016505030169050202666c050202676c050202696e0502026c690502026d650502026e670502027072050202737205020274650503017505010366673405020269360502026e3605020274360500053231646174050104326461740502036c69620502036e676905010433636f6e0502036461740502036c69620502036e676905020374657305010434616269050401730503027474050203626173050203636f6e050203646174050302656c0503026973050203666c61050203676c6f050203696e630502036c69620502036d65640502036e676905020370726f050203737276050203746573050302756e050104666734310502036936650502036e363405020374366305000633316461746105010532646174610502046c6962720502046e67696e05010533636f6e66050204646174610502046c6962720502046e67696e05020474657374050105346162737405030374746105020462617365050204636f6e6605020464617461050303656c65050303697363050204666c6167050204676c6f62050204696e636c0502046c6962720502046d6564690502046e67696e05020470726f6605020474657374050303756e6105010566693665360502046e36343605020474366336050007343164617461620501063264617461620502056c696272610502056e67696e7805010633636f6e666905020564617461620502056c696272610502056e67696e7805010634616273747205030474746163050205636f6e66690502056461746162050304656c65740503046973636f050205666c616773050205676c6f6261050205696e636c750502056c696272610502056d656469610502056e67696e7805020570726f666905020574756e61620501066669366536370502056e3634363105020574366336390500083531646174616261050107326461746162610502066c696272617205010733636f6e66696e0502066461746162610502066c6962726172050107346162737472610503057474616368050206636f6e66696e050206646174616261050305656c6574650503056973636f6e050206676c6f62616c050206696e636c75640502066c69627261720502066d656469617405020670726f66696c05020674756e61626c050107666936653637360502066e363436313705020674366336393605040c0c0a08050b0b0a0807050404050d08070b0b090e08090a0a0a080a0406070a070e141207060505060505050506040505050404050505050505050505040605050508070606070606060607040506060605050606060606060606060507060606090807070807070707080607070706060707070707070707060807070a0908080908080809070808070708080808080808080908080b0a090a09090a08090908080909090909090a09');
INSERT INTO "search_data" ("id", "block") VALUES (824633720833, X'0000047b053031776562060106326e67696e78060208706c6174666f726d0602037765620601023361060208636f6e66696e65730602056e67696e78060208706c6174666f726d0602047465737406020377656206010234300602013306020161060302626906040a737472616374696f6e73060305747461636806020462617365060208636f6e66696e657306020764656c6574656406030b6973636f6e6e6563746564060205666c616773060206676c6f62616c060207696e636c7564650602076d6564696174650602056e67696e78060208706c6174666f726d060306726f66696c650602017206020373727606020474657374060307756e61626c65730602037765620601046667343106020b69366536373639366537380602076e373736353632060211743730366336313734363636663732366406000431317765060103326e67060202706c060202776506010333636f0602026e67060202706c06020274650602027765060103346162060301740602026261060202636f060202646506030169060202666c060202676c060202696e0602026d650602026e67060202706c060301720602027372060202746506030175060202776506010366673406020269360602026e3706020274370600053231776562060104326e6769060203706c6106020377656206010433636f6e0602036e6769060203706c6106020374657306020377656206010434616269060401730603027474060203626173060203636f6e06020364656c0603026973060203666c61060203676c6f060203696e630602036d65640602036e6769060203706c61060302726f060203737276060203746573060302756e060203776562060104666734310602036936650602036e373706020374373006000633326e67696e060204706c617406010533636f6e660602046e67696e060204706c617406020474657374060105346162737406030374746106020462617365060204636f6e6606020464656c65060303697363060204666c6167060204676c6f62060204696e636c0602046d6564690602046e67696e060204706c6174060303726f6606020474657374060303756e6106010566693665360602046e3737360602047437303606000734326e67696e78060205706c61746606010633636f6e66690602056e67696e78060205706c61746606010634616273747206030474746163060205636f6e666906020564656c65740603046973636f060205666c616773060205676c6f6261060205696e636c750602056d656469610602056e67696e78060205706c617466060304726f666906020574756e61620601066669366536370602056e3737363506020574373036630600083532706c6174666f06010733636f6e66696e060206706c6174666f060107346162737472610603057474616368060206636f6e66696e06020664656c6574650603056973636f6e060206676c6f62616c060206696e636c75640602066d6564696174060206706c6174666f060305726f66696c06020674756e61626c060107666936653637360602066e3737363536060206743730366336060407090b06050b080b0706050404050d08070b0a0e08090a0a080b090406070a06070e0a14070605050605050505060405050504050505050505040505040506050505080706060706060606070405060606050606060606060506060506070606060907080707070806070707060707070707070607060807070a08090808090708080708080808080807080908080b0a090a080909080909090908090a09');
INSERT INTO "search_data" ("id", "block") VALUES (962072674305, X'0000047c053031776562010108326c6962726172790102056e67696e780102037765620101023361010208636f6e66696e65730102076c6962726172790102056e67696e780102047465737401020377656201010234300102013301020161010302626901040a737472616374696f6e73010305747461636801020462617365010208636f6e66696e657301020764656c6574656401030b6973636f6e6e6563746564010205666c616773010206676c6f62616c010207696e636c7564650102076c6962726172790102076d6564696174650102056e67696e7801020770726f66696c650102017201020373727601020474657374010307756e61626c65730102037765620101046667343101020b69366536373639366537380102076e37373635363201020f74366336393632373236313732373901000431317765010103326c690102026e67010202776501010333636f0102026c690102026e6701020274650102027765010103346162010301740102026261010202636f010202646501030169010202666c010202676c010202696e0102026c690102026d650102026e6701020270720102027372010202746501030175010202776501010366673401020269360102026e3701020274360100053231776562010104326c69620102036e676901020377656201010433636f6e0102036c69620102036e676901020374657301020377656201010434616269010401730103027474010203626173010203636f6e01020364656c0103026973010203666c61010203676c6f010203696e630102036c69620102036d65640102036e676901020370726f010203737276010203746573010302756e010203776562010104666734310102036936650102036e373701020374366301000633326c6962720102046e67696e01010533636f6e660102046c6962720102046e67696e01020474657374010105346162737401030374746101020462617365010204636f6e6601020464656c65010303697363010204666c6167010204676c6f62010204696e636c0102046c6962720102046d6564690102046e67696e01020470726f6601020474657374010303756e6101010566693665360102046e3737360102047436633601000734326c696272610102056e67696e7801010633636f6e66690102056c696272610102056e67696e7801010634616273747201030474746163010205636f6e666901020564656c65740103046973636f010205666c616773010205676c6f6261010205696e636c750102056c696272610102056d656469610102056e67696e7801020570726f666901020574756e61620101066669366536370102056e37373635010205743663363901000835326c696272617201010733636f6e66696e0102066c6962726172010107346162737472610103057474616368010206636f6e66696e01020664656c6574650103056973636f6e010206676c6f62616c010206696e636c75640102066c69627261720102066d656469617401020670726f66696c01020674756e61626c010107666936653637360102066e37373635360102067436633639360104070b0806050b0a080706050404050d08070b0a0e08090a0a0a080a0406070a06070e0a12070605050605050505060405050504050505050505050505040506050505080706060706060606070405060606050606060606060606060506070606060907080707070806070707060707070707070707060807070a08090808090708080708080808080808080908080b0a090a080909080909090909090a09');
INSERT INTO "search_data" ("id", "block") VALUES (9007336693694464, X'04000000000000010000000000000001000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "search_data" ("id", "block") VALUES (9007474132647936, X'04000000000000010000000000000001000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "search_data" ("id", "block") VALUES (9007611571601408, X'04000000000000010000000000000001000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "search_data" ("id", "block") VALUES (9007749010554880, X'04000000000000010000000000000001000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000');
DELETE FROM "search_idx";
INSERT INTO "search_idx" ("segid", "term", "pgno") VALUES (1, X'', 2);
INSERT INTO "search_idx" ("segid", "term", "pgno") VALUES (2, X'', 2);
INSERT INTO "search_idx" ("segid", "term", "pgno") VALUES (3, X'', 2);
INSERT INTO "search_idx" ("segid", "term", "pgno") VALUES (4, X'', 2);
INSERT INTO "search_idx" ("segid", "term", "pgno") VALUES (5, X'', 2);
INSERT INTO "search_idx" ("segid", "term", "pgno") VALUES (6, X'', 2);
INSERT INTO "search_idx" ("segid", "term", "pgno") VALUES (7, X'', 2);
DELETE FROM "search_docsize";
INSERT INTO "search_docsize" ("id", "sz", "origin") VALUES (1, X'24', 7);
INSERT INTO "search_docsize" ("id", "sz", "origin") VALUES (5, X'24', 5);
INSERT INTO "search_docsize" ("id", "sz", "origin") VALUES (6, X'24', 6);
DELETE FROM "search_config";
INSERT INTO "search_config" ("k", "v") VALUES ('version', 4);
CREATE UNIQUE INDEX `profiles_path` ON `profiles` (`team`,`name`);
CREATE UNIQUE INDEX `tokens_hash_unique` ON `tokens` (`hash`);
CREATE INDEX `tokens_team` ON `tokens` (`team`);
CREATE INDEX `versions_precedence` ON `versions` (`profile_id`,"precedence" desc);
CREATE INDEX `versions_digest` ON `versions` (`profile_id`,`digest`);
CREATE UNIQUE INDEX `versions_version` ON `versions` (`profile_id`,`version`);
CREATE INDEX `memberships_user` ON `memberships` (`user`);
CREATE INDEX `trusted_publishers_team` ON `trusted_publishers` (`team`);
CREATE INDEX `trusted_publishers_repository` ON `trusted_publishers` (`issuer`,`repository`);
CREATE INDEX `tokens_user` ON `tokens` (`user`);
CREATE INDEX `deliveries_due` ON `deliveries` (`next_attempt_at`) WHERE "deliveries"."next_attempt_at" IS NOT NULL;
CREATE INDEX `deliveries_webhook` ON `deliveries` (`webhook_id`,`id`);
CREATE INDEX `deliveries_created` ON `deliveries` (`created_at`);
CREATE INDEX `webhooks_team` ON `webhooks` (`team`);
CREATE UNIQUE INDEX `tokens_origin_unique` ON `tokens` (`origin`);
CREATE INDEX `tokens_expiry` ON `tokens` (`expires_at`) WHERE origin IS NOT NULL;
CREATE INDEX `profiles_index_version` ON `profiles` (`index_version`);
CREATE INDEX `idempotency_keys_created` ON `idempotency_keys` (`created_at`);
