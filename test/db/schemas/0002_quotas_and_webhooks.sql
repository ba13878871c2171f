-- log key: vm/aa-registry+1dc26945+AausYJezpK/JVeVHioPSXMIPuTIrAtIU62W251rhINKg
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
	`images` text NOT NULL, `visibility` text DEFAULT 'public' NOT NULL, `blind` text, `deprecation` text, `replacement` text, `moved_to` text REFERENCES teams(name), `revision` integer DEFAULT 1 NOT NULL,
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
	`created_at` text NOT NULL, `user` text REFERENCES users(name), `profile` text, `scope` text DEFAULT 'admin' NOT NULL, `expires_at` text, `revoked_at` text, `last_used_at` text,
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
	`created_at` text NOT NULL,
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
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0000_first_light', '2026-11-25T00:32:43.356Z');
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0001_teams_and_access', '2026-11-25T00:32:43.357Z');
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0002_quotas_and_webhooks', '2026-11-25T00:32:43.363Z');
INSERT INTO "channels" ("profile_id", "name", "version", "moved_at", "log_index") VALUES (1, 'stable', '1.1.0', '2026-11-25T00:32:44.170Z', 10);
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
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('library', 'sha256:136484271842e65c6395fb88294fabeb07780bd6ff658726550d6534e51b857a', 'MCowBQYDK2VwAyEAz4dvNChMvCVVL5UrU9DY0hu1EJeKgPlIWt+fquGJAlI=', 'library key', NULL, '2026-11-25T00:32:43.575Z', 0, '2026-11-25T00:32:44.228Z', 12);
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('platform', 'sha256:ab3185dead6f5139d850308943f1eeaa33dcc1249d0633b6ff5784d86c9ce0fe', 'MCowBQYDK2VwAyEAGf5J/UGkYmWHvZC9F6CwnUNCNv1yvmQG5xJaGbgZGtg=', 'platform key', NULL, '2026-11-25T00:32:43.702Z', 1, NULL, NULL);
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('library', 'sha256:99c5bea551c8f293de06ebca214eb41454108842ae952ad9f215f417b27d0f04', 'MCowBQYDK2VwAyEAotS3jVCCVpOCBWvk4+e8eYbfKMbzMM6ReVQ7k4kp9M8=', 'second key', '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeSIsImRpZ2VzdCI6eyJzaGEyNTYiOiI5OWM1YmVhNTUxYzhmMjkzZGUwNmViY2EyMTRlYjQxNDU0MTA4ODQyYWU5NTJhZDlmMjE1ZjQxN2IyN2QwZjA0In19XSwicHJlZGljYXRlVHlwZSI6InVybjphYS1yZWdpc3RyeTprZXk6djEiLCJwcmVkaWNhdGUiOnsidGVhbSI6ImxpYnJhcnkiLCJwdWJsaWNLZXkiOiJNQ293QlFZREsyVndBeUVBb3RTM2pWQ0NWcE9DQld2azQrZThlWWJmS01iek1NNlJlVlE3azRrcDlNOD0ifX0=","signatures":[{"keyid":"sha256:136484271842e65c6395fb88294fabeb07780bd6ff658726550d6534e51b857a","sig":"DmS0K8mGU1EXbQ+cwavPtt/0kENYndsqpiWDUfWPCd+qNzQhovYJKmcvk/z2z8lfsaRElrZaVUOmJP7l8nZKDw=="}]}', '2026-11-25T00:32:43.749Z', 2, NULL, NULL);
INSERT INTO "log_entries" ("index", "data") VALUES (0, '{"kind":"key","time":"2026-11-25T00:32:43.575Z","team":"library","keyId":"sha256:136484271842e65c6395fb88294fabeb07780bd6ff658726550d6534e51b857a","publicKey":"MCowBQYDK2VwAyEAz4dvNChMvCVVL5UrU9DY0hu1EJeKgPlIWt+fquGJAlI=","label":"library key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (1, '{"kind":"key","time":"2026-11-25T00:32:43.702Z","team":"platform","keyId":"sha256:ab3185dead6f5139d850308943f1eeaa33dcc1249d0633b6ff5784d86c9ce0fe","publicKey":"MCowBQYDK2VwAyEAGf5J/UGkYmWHvZC9F6CwnUNCNv1yvmQG5xJaGbgZGtg=","label":"platform key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (2, '{"kind":"key","time":"2026-11-25T00:32:43.749Z","team":"library","keyId":"sha256:99c5bea551c8f293de06ebca214eb41454108842ae952ad9f215f417b27d0f04","publicKey":"MCowBQYDK2VwAyEAotS3jVCCVpOCBWvk4+e8eYbfKMbzMM6ReVQ7k4kp9M8=","label":"second key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (3, '{"kind":"version","time":"2026-11-25T00:32:43.778Z","team":"library","name":"web","version":"1.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:882421ab2c07632976320cdd0a8e38adfc9fba912846e2187f9483bf89ee17ac"}');
INSERT INTO "log_entries" ("index", "data") VALUES (4, '{"kind":"version","time":"2026-11-25T00:32:43.888Z","team":"library","name":"web","version":"1.1.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:9aaea55713c9012eea5426b5c6123c13bcc4f521d9834c0faa1be19b041aee0a"}');
INSERT INTO "log_entries" ("index", "data") VALUES (5, '{"kind":"version","time":"2026-11-25T00:32:43.942Z","team":"library","name":"web","version":"2.0.0-rc.1","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:8c186adfca179816f5390f82bf87efd5d1ac4525733469ada4a021923d544a0f"}');
INSERT INTO "log_entries" ("index", "data") VALUES (6, '{"kind":"version","time":"2026-11-25T00:32:43.973Z","team":"library","name":"web","version":"2.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:6cae5588942f3e8a333f1a1f134027adc065a7567b83f97f03fa87a0b72ee933"}');
INSERT INTO "log_entries" ("index", "data") VALUES (7, '{"kind":"version","time":"2026-11-25T00:32:43.982Z","team":"library","name":"database","version":"0.1.0","digest":"sha256:f69ebad3a1c78603c485dc6808aa9b8af3b15759e0d87396508e7d055fd6a55a","envelope":"sha256:3ba3273a5320a1ec7a6a64397dbac3be9b9d28a946392e3743d82086fac9025e"}');
INSERT INTO "log_entries" ("index", "data") VALUES (8, '{"kind":"version","time":"2026-11-25T00:32:44.040Z","team":"platform","name":"web","version":"1.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:988749aec7e302f3c384f210da2ab1fcd6cce24249cf4036592fb562c4c3c9f6"}');
INSERT INTO "log_entries" ("index", "data") VALUES (9, '{"kind":"channel","time":"2026-11-25T00:32:44.159Z","team":"library","name":"web","channel":"stable","version":"1.0.0","previous":null}');
INSERT INTO "log_entries" ("index", "data") VALUES (10, '{"kind":"channel","time":"2026-11-25T00:32:44.170Z","team":"library","name":"web","channel":"stable","version":"1.1.0","previous":"1.0.0"}');
INSERT INTO "log_entries" ("index", "data") VALUES (11, '{"kind":"yank","time":"2026-11-25T00:32:44.180Z","team":"library","name":"web","version":"2.0.0","yanked":true,"reason":"breaks logging"}');
INSERT INTO "log_entries" ("index", "data") VALUES (12, '{"kind":"key-revocation","time":"2026-11-25T00:32:44.228Z","team":"library","keyId":"sha256:136484271842e65c6395fb88294fabeb07780bd6ff658726550d6534e51b857a","reason":"laptop stolen"}');
INSERT INTO "log_head" ("id", "size", "frontier", "checkpoint") VALUES (1, 13, '152d58eaf59c3276e7f676b1f727b33faa5dd749732f15817a3be17bcb3fce6a32a429cfd6be7443566f60b3063f4cc0f20e84f48cd8a18104c3390cb6902fc6c2829c9437d2b2569dda5ce7a5ee9b958c8cad7fd3f947e3913e55cf3f98d207', 'vm/aa-registry
13
WlU7ea9wsMshkWrXIUSbkCSMCSexaKdB9aBKpSLSv24=

— vm/aa-registry HcJpRYE2pgEeszNm/3ql2iRT9TF19D9QOzHhpqSEIhqXO2QL5XAntB1d7ZMih0gnCyS5v8Rva7K4gxTu9sPBZjcrkwU=
');
INSERT INTO "log_tiles" ("level", "index", "hashes") VALUES (0, 0, '4c98d83e752f22d014a6280de122aacd043afd9bdccea51e0ca0bb9df671567eac00882ba034196a8a22dae6c8da720eb1d000c967fe902cd8d8ac47b252923b7d18fa570695d2d6566a39b0ead347b05f965c5ff6698de3037f42acf6aad3d5b321e8e1c91bd0b32319b9069b044a0c64dc1a785f15847203a79a18cd48559ce0ade0a326b682bf813053a3ceb45c9dc86d71744ff0b7e559ad21c97daa5f1250616a3f1415c0cf8204683d62ee0f3b4393e7a3f98737ae28195bf44d8bfe2c0c3e9f67b2f622433c9642a10883ec7973b87fd2970bd07b07e8f91a97a10b33ef064b4497ff792e90f1b8c6e716317f12117c65d493f3a084c54b15ee9b3b0383a7d5180636a09a69df13f909aa46effe9d3515447e25856f7d9a813bee1b16a14c5441bf53babb17ba111e19d7f2776938666e7edef1eca314a1fe46f3372f13a7b70122224aad0e72185811639daf4808e4acfde15d445482b6247380f5e311d3ca7e8aed2492a075e3bc0869338ea2a6c343d109035d6083a792d3e3b728c2829c9437d2b2569dda5ce7a5ee9b958c8cad7fd3f947e3913e55cf3f98d207');
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images", "visibility", "blind", "deprecation", "replacement", "moved_to", "revision") VALUES (1, 'library', 'web', '2026-11-25T00:32:43.778Z', '1.1.0', 'Confines a test', '["nginx"]', 'public', NULL, NULL, NULL, NULL, 1);
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images", "visibility", "blind", "deprecation", "replacement", "moved_to", "revision") VALUES (5, 'library', 'database', '2026-11-25T00:32:43.982Z', '0.1.0', 'Confines a test', '["nginx"]', 'public', NULL, NULL, NULL, NULL, 1);
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images", "visibility", "blind", "deprecation", "replacement", "moved_to", "revision") VALUES (6, 'platform', 'web', '2026-11-25T00:32:44.040Z', '1.0.0', 'Confines a test', '["nginx"]', 'public', NULL, NULL, NULL, NULL, 1);
INSERT INTO "teams" ("name", "created_at") VALUES ('library', '2026-11-25T00:32:43.533Z');
INSERT INTO "teams" ("name", "created_at") VALUES ('platform', '2026-11-25T00:32:43.682Z');
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at", "user", "profile", "scope", "expires_at", "revoked_at", "last_used_at") VALUES (1, '436c3b4fdf740b2cc5d13a0d40e2452b6aa23c923bb516601f67d57431add266', 'administrator', NULL, '2026-11-25T00:32:43.405Z', NULL, NULL, 'admin', NULL, NULL, '2026-11-25T00:32:43.520Z');
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at", "user", "profile", "scope", "expires_at", "revoked_at", "last_used_at") VALUES (2, '9d07e88932c8a12b02379f3d75d9799dd46c1cd7ff2da7891799c54936d2f271', 'library token', 'library', '2026-11-25T00:32:43.584Z', NULL, NULL, 'admin', NULL, NULL, '2026-11-25T00:32:43.743Z');
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at", "user", "profile", "scope", "expires_at", "revoked_at", "last_used_at") VALUES (3, '811352514c9799e798582ace04c92e45f67304c5628071ab983bacc655fe8484', 'platform token', 'platform', '2026-11-25T00:32:43.738Z', NULL, NULL, 'admin', NULL, NULL, '2026-11-25T00:32:43.990Z');
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (1, 1, '1.0.0', '011010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMS4wLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:136484271842e65c6395fb88294fabeb07780bd6ff658726550d6534e51b857a","sig":"9gLuFwpNlK2zYMeBpSaovMQPv0U4bG4E/XYZjEeDtVVaweoq5C/PSccQim2vr8v+ijqoFbJ7CR90ND2Z5HWUDQ=="}]}', '["sha256:136484271842e65c6395fb88294fabeb07780bd6ff658726550d6534e51b857a"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:43.778Z', 3, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (2, 1, '1.1.0', '011011010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMS4xLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:136484271842e65c6395fb88294fabeb07780bd6ff658726550d6534e51b857a","sig":"4Bdz3jeTcjEbw0OWiz+o6ebbnq/t49Tx62RIW7DBbzrXFpCxMVNUdoqc1SvRjGKgU38eFsbPyfH3uGAJ6VSrAQ=="}]}', '["sha256:136484271842e65c6395fb88294fabeb07780bd6ff658726550d6534e51b857a"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:43.888Z', 4, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (3, 1, '2.0.0-rc.1', '012010010arc 0011 ', 1, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMi4wLjAtcmMuMSIsIm1hbmlmZXN0Ijp7ImRlc2NyaXB0aW9uIjoiQ29uZmluZXMgYSB0ZXN0IiwiaW1hZ2VzIjpbIm5naW54Il0sImFiaSI6IjMuMCIsImxpY2Vuc2UiOiJBcGFjaGUtMi4wIn19fQ==","signatures":[{"keyid":"sha256:136484271842e65c6395fb88294fabeb07780bd6ff658726550d6534e51b857a","sig":"JlbnU4C3Lrcyo8WnIQ4EF1jTqjyG5qrIFH0/D9bB5NmMUuH2L6Q667qlJ6FoAAoYTeMqOam4J510TI8Hl/iTDQ=="}]}', '["sha256:136484271842e65c6395fb88294fabeb07780bd6ff658726550d6534e51b857a"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:43.942Z', 5, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (4, 1, '2.0.0', '012010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMi4wLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:136484271842e65c6395fb88294fabeb07780bd6ff658726550d6534e51b857a","sig":"Pa3clN24oGUQKsc1MtG5TbIzeT+uDH08WKL9zAtXWzOF00v7OFMZ/7Wf0Ud0L9am03GoQDvCmCXsLy2p2m7rAA=="}]}', '["sha256:136484271842e65c6395fb88294fabeb07780bd6ff658726550d6534e51b857a"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:43.973Z', 6, 'breaks logging');
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (5, 5, '0.1.0', '010011010~', 0, 'sha256:f69ebad3a1c78603c485dc6808aa9b8af3b15759e0d87396508e7d055fd6a55a', 161, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS9kYXRhYmFzZSIsImRpZ2VzdCI6eyJzaGEyNTYiOiJmNjllYmFkM2ExYzc4NjAzYzQ4NWRjNjgwOGFhOWI4YWYzYjE1NzU5ZTBkODczOTY1MDhlN2QwNTVmZDZhNTVhIn19XSwicHJlZGljYXRlVHlwZSI6InVybjphYS1yZWdpc3RyeTpwcm9maWxlOnYxIiwicHJlZGljYXRlIjp7InRlYW0iOiJsaWJyYXJ5IiwibmFtZSI6ImRhdGFiYXNlIiwidmVyc2lvbiI6IjAuMS4wIiwibWFuaWZlc3QiOnsiZGVzY3JpcHRpb24iOiJDb25maW5lcyBhIHRlc3QiLCJpbWFnZXMiOlsibmdpbngiXSwiYWJpIjoiMy4wIiwibGljZW5zZSI6IkFwYWNoZS0yLjAifX19","signatures":[{"keyid":"sha256:99c5bea551c8f293de06ebca214eb41454108842ae952ad9f215f417b27d0f04","sig":"p7PexiasGQl3czlCLixlAuS4JvCft1Aa3+uZQavQvwPPAAXe5P580ZtFx87lbLgcWwCUBwbq+O9E5HUo7KAeCg=="}]}', '["sha256:99c5bea551c8f293de06ebca214eb41454108842ae952ad9f215f417b27d0f04"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:43.982Z', 7, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (6, 6, '1.0.0', '011010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoicGxhdGZvcm0vd2ViIiwiZGlnZXN0Ijp7InNoYTI1NiI6IjE4ODhlZGQzZTBhYWFmMWU4ZTY0OGUxM2U4MWU5NjYwMzZhMjI4YzA3OTQwNjRlM2RjMWQ5YWJiMTJhYWNmZGMifX1dLCJwcmVkaWNhdGVUeXBlIjoidXJuOmFhLXJlZ2lzdHJ5OnByb2ZpbGU6djEiLCJwcmVkaWNhdGUiOnsidGVhbSI6InBsYXRmb3JtIiwibmFtZSI6IndlYiIsInZlcnNpb24iOiIxLjAuMCIsIm1hbmlmZXN0Ijp7ImRlc2NyaXB0aW9uIjoiQ29uZmluZXMgYSB0ZXN0IiwiaW1hZ2VzIjpbIm5naW54Il0sImFiaSI6IjMuMCIsImxpY2Vuc2UiOiJBcGFjaGUtMi4wIn19fQ==","signatures":[{"keyid":"sha256:ab3185dead6f5139d850308943f1eeaa33dcc1249d0633b6ff5784d86c9ce0fe","sig":"m58un+ewGE4jINN4F/gzsHi8exjhiRb/nXZfxIwYKmkK71JyQ1tpq9p3FArn5voHsshkz5kQNfsKqqyNlBg1CQ=="}]}', '["sha256:ab3185dead6f5139d850308943f1eeaa33dcc1249d0633b6ff5784d86c9ce0fe"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:44.040Z', 8, NULL);
INSERT INTO "quotas" ("team", "profiles", "versions", "bytes", "max_profiles", "max_versions", "max_bytes") VALUES ('library', 2, 5, 4540, NULL, NULL, NULL);
INSERT INTO "quotas" ("team", "profiles", "versions", "bytes", "max_profiles", "max_versions", "max_bytes") VALUES ('platform', 1, 1, 906, NULL, NULL, NULL);
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
