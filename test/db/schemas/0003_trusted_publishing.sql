-- log key: vm/aa-registry+67c7ec33+AQvg6KpAf/kG/wfVXUg0DOe7PeY9Am6lJEPcjyUbxwGm
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
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0000_first_light', '2026-11-25T00:32:53.520Z');
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0001_teams_and_access', '2026-11-25T00:32:53.526Z');
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0002_quotas_and_webhooks', '2026-11-25T00:32:53.529Z');
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0003_trusted_publishing', '2026-11-25T00:32:53.537Z');
INSERT INTO "channels" ("profile_id", "name", "version", "moved_at", "log_index") VALUES (1, 'stable', '1.1.0', '2026-11-25T00:32:54.882Z', 10);
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
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('library', 'sha256:6eee7d0fd3b9485c11286c2014d9488f70ca3b075ea93599fbc043a3a2a1ca4a', 'MCowBQYDK2VwAyEAHxx05+YwrEzYGRoeEo5t+N5LxzFDutVEub3f/J50D7w=', 'library key', NULL, '2026-11-25T00:32:54.523Z', 0, '2026-11-25T00:32:54.924Z', 12);
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('platform', 'sha256:33ba6b9555659ec0d487f0405ff850b71adee7f6d82cb37d7f0ee6c614d8f2c3', 'MCowBQYDK2VwAyEAoMMttAC/Gaeq5oOETDOhAUZo9asj2on8JsLzBEteIuE=', 'platform key', NULL, '2026-11-25T00:32:54.743Z', 1, NULL, NULL);
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('library', 'sha256:18495d3daca2527bb6d4fec8e9b3fa16695bbb45ffaa2582228e807790e60327', 'MCowBQYDK2VwAyEAuhod8BgPxYVbFkPtaQDh86XGJOHjbzYnS0gzDe/Qqd8=', 'second key', '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeSIsImRpZ2VzdCI6eyJzaGEyNTYiOiIxODQ5NWQzZGFjYTI1MjdiYjZkNGZlYzhlOWIzZmExNjY5NWJiYjQ1ZmZhYTI1ODIyMjhlODA3NzkwZTYwMzI3In19XSwicHJlZGljYXRlVHlwZSI6InVybjphYS1yZWdpc3RyeTprZXk6djEiLCJwcmVkaWNhdGUiOnsidGVhbSI6ImxpYnJhcnkiLCJwdWJsaWNLZXkiOiJNQ293QlFZREsyVndBeUVBdWhvZDhCZ1B4WVZiRmtQdGFRRGg4NlhHSk9IamJ6WW5TMGd6RGUvUXFkOD0ifX0=","signatures":[{"keyid":"sha256:6eee7d0fd3b9485c11286c2014d9488f70ca3b075ea93599fbc043a3a2a1ca4a","sig":"wafCJLGI+BWNmluUMFuPHExTnSzXRFrf2FFDGiw9dAc5G8dy8y6NGw4fmymP53n8ONc1GLzUDeZ2wa0zYf/lBw=="}]}', '2026-11-25T00:32:54.766Z', 2, NULL, NULL);
INSERT INTO "log_entries" ("index", "data") VALUES (0, '{"kind":"key","time":"2026-11-25T00:32:54.523Z","team":"library","keyId":"sha256:6eee7d0fd3b9485c11286c2014d9488f70ca3b075ea93599fbc043a3a2a1ca4a","publicKey":"MCowBQYDK2VwAyEAHxx05+YwrEzYGRoeEo5t+N5LxzFDutVEub3f/J50D7w=","label":"library key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (1, '{"kind":"key","time":"2026-11-25T00:32:54.743Z","team":"platform","keyId":"sha256:33ba6b9555659ec0d487f0405ff850b71adee7f6d82cb37d7f0ee6c614d8f2c3","publicKey":"MCowBQYDK2VwAyEAoMMttAC/Gaeq5oOETDOhAUZo9asj2on8JsLzBEteIuE=","label":"platform key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (2, '{"kind":"key","time":"2026-11-25T00:32:54.766Z","team":"library","keyId":"sha256:18495d3daca2527bb6d4fec8e9b3fa16695bbb45ffaa2582228e807790e60327","publicKey":"MCowBQYDK2VwAyEAuhod8BgPxYVbFkPtaQDh86XGJOHjbzYnS0gzDe/Qqd8=","label":"second key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (3, '{"kind":"version","time":"2026-11-25T00:32:54.786Z","team":"library","name":"web","version":"1.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:882421ab2c07632976320cdd0a8e38adfc9fba912846e2187f9483bf89ee17ac"}');
INSERT INTO "log_entries" ("index", "data") VALUES (4, '{"kind":"version","time":"2026-11-25T00:32:54.808Z","team":"library","name":"web","version":"1.1.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:9aaea55713c9012eea5426b5c6123c13bcc4f521d9834c0faa1be19b041aee0a"}');
INSERT INTO "log_entries" ("index", "data") VALUES (5, '{"kind":"version","time":"2026-11-25T00:32:54.820Z","team":"library","name":"web","version":"2.0.0-rc.1","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:8c186adfca179816f5390f82bf87efd5d1ac4525733469ada4a021923d544a0f"}');
INSERT INTO "log_entries" ("index", "data") VALUES (6, '{"kind":"version","time":"2026-11-25T00:32:54.836Z","team":"library","name":"web","version":"2.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:6cae5588942f3e8a333f1a1f134027adc065a7567b83f97f03fa87a0b72ee933"}');
INSERT INTO "log_entries" ("index", "data") VALUES (7, '{"kind":"version","time":"2026-11-25T00:32:54.849Z","team":"library","name":"database","version":"0.1.0","digest":"sha256:f69ebad3a1c78603c485dc6808aa9b8af3b15759e0d87396508e7d055fd6a55a","envelope":"sha256:3ba3273a5320a1ec7a6a64397dbac3be9b9d28a946392e3743d82086fac9025e"}');
INSERT INTO "log_entries" ("index", "data") VALUES (8, '{"kind":"version","time":"2026-11-25T00:32:54.862Z","team":"platform","name":"web","version":"1.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:988749aec7e302f3c384f210da2ab1fcd6cce24249cf4036592fb562c4c3c9f6"}');
INSERT INTO "log_entries" ("index", "data") VALUES (9, '{"kind":"channel","time":"2026-11-25T00:32:54.873Z","team":"library","name":"web","channel":"stable","version":"1.0.0","previous":null}');
INSERT INTO "log_entries" ("index", "data") VALUES (10, '{"kind":"channel","time":"2026-11-25T00:32:54.882Z","team":"library","name":"web","channel":"stable","version":"1.1.0","previous":"1.0.0"}');
INSERT INTO "log_entries" ("index", "data") VALUES (11, '{"kind":"yank","time":"2026-11-25T00:32:54.887Z","team":"library","name":"web","version":"2.0.0","yanked":true,"reason":"breaks logging"}');
INSERT INTO "log_entries" ("index", "data") VALUES (12, '{"kind":"key-revocation","time":"2026-11-25T00:32:54.924Z","team":"library","keyId":"sha256:6eee7d0fd3b9485c11286c2014d9488f70ca3b075ea93599fbc043a3a2a1ca4a","reason":"laptop stolen"}');
INSERT INTO "log_head" ("id", "size", "frontier", "checkpoint") VALUES (1, 13, '56b68755ad692df2b8f78dfc548c70d5f9125f0049a0415a385f562b006a9e85214994b1b293e9f97eda92b217848a70e7ec0bdf824991d45be6ee5da8b87d6d4f8b039c72f5c1fc9763017d86110c80efef82d20394df60258b6d6003b2ac16', 'vm/aa-registry
13
FTWqe3sEgRuSVcQt0iGsXObu4PxHs/S36XllN+NAkcE=

— vm/aa-registry Z8fsM+DeFfCMWgNDhB/Mv1HsYx0IsPaDR2JbwRyJoNj1GTpQOw2E7C5Mn67QzehKRe5BZRxAcelRPazp8tG+CCWKbwg=
');
INSERT INTO "log_tiles" ("level", "index", "hashes") VALUES (0, 0, 'ae9d2484d69a721974d42c3b3900dcaf9f463b6f04a31a3e544445f708d62d44cc89b3819fcba6f85ee11e8e8e7379c35fe62268df08a851142fa4ed0df123a94353cad48eaabf75e2da1bee73b9d9608ca18319a9ad6f172aa592cec985feec8d08e921e9a6c07292cd20c112517611ca70c64edaf991ac6a3edb96de863324d28c5227248b6c8c89d10ee2f11635d8c3d4df993a881669f8ec2c37c5a461653218f534d8e1d892efcf82895783d0f8d3ea409d491792b799a9a217b75b8c6448e49e658f5e19c2480907c1d618f61a954fa71cff15b2be37cafb91bfb94311a3a40223ab096ec6595fba58b88cfddacf30f6ff971027809cb24ac5d0bb568391ddd2f1bf1921504d1e032c3860a603e7f2003967ee3af5bb1ff2df58823d00b20069ce342fb3ecdeaebefe3efe85ab1bd8a44fd6857da98931aab34020c44efae3bb1ebc8e31772e79a25646ef182d954cb9218cd00093d51b31e48c4dfe4af06877c94f5cc4f22c882b9a43a7e4a8e43b262d1576cf37b1b1d240f98272824f8b039c72f5c1fc9763017d86110c80efef82d20394df60258b6d6003b2ac16');
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images", "visibility", "blind", "deprecation", "replacement", "moved_to", "revision") VALUES (1, 'library', 'web', '2026-11-25T00:32:54.786Z', '1.1.0', 'Confines a test', '["nginx"]', 'public', NULL, NULL, NULL, NULL, 1);
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images", "visibility", "blind", "deprecation", "replacement", "moved_to", "revision") VALUES (5, 'library', 'database', '2026-11-25T00:32:54.849Z', '0.1.0', 'Confines a test', '["nginx"]', 'public', NULL, NULL, NULL, NULL, 1);
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images", "visibility", "blind", "deprecation", "replacement", "moved_to", "revision") VALUES (6, 'platform', 'web', '2026-11-25T00:32:54.862Z', '1.0.0', 'Confines a test', '["nginx"]', 'public', NULL, NULL, NULL, NULL, 1);
INSERT INTO "teams" ("name", "created_at") VALUES ('library', '2026-11-25T00:32:54.476Z');
INSERT INTO "teams" ("name", "created_at") VALUES ('platform', '2026-11-25T00:32:54.727Z');
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at", "user", "profile", "scope", "expires_at", "revoked_at", "last_used_at", "origin") VALUES (1, '5b732389668fc42a24ecb5f257cc9431ffaf4175c554435905be1dd0ad03b16a', 'administrator', NULL, '2026-11-25T00:32:53.937Z', NULL, NULL, 'admin', NULL, NULL, '2026-11-25T00:32:54.467Z', NULL);
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at", "user", "profile", "scope", "expires_at", "revoked_at", "last_used_at", "origin") VALUES (2, '155958ec645b465b4681906b3584fd9afa793cca09ef93d2c2680682c66fc540', 'library token', 'library', '2026-11-25T00:32:54.580Z', NULL, NULL, 'admin', NULL, NULL, '2026-11-25T00:32:54.759Z', NULL);
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at", "user", "profile", "scope", "expires_at", "revoked_at", "last_used_at", "origin") VALUES (3, 'e6a42cf0565063e473311a0765fa8986dd73e305339d620ec9737245fe2e2e99', 'platform token', 'platform', '2026-11-25T00:32:54.754Z', NULL, NULL, 'admin', NULL, NULL, '2026-11-25T00:32:54.857Z', NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (1, 1, '1.0.0', '011010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMS4wLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:6eee7d0fd3b9485c11286c2014d9488f70ca3b075ea93599fbc043a3a2a1ca4a","sig":"C/+XY0CHjbCscHtQ+crUsf9+gUkKzXRdiIIh+EAOuhwWJGfEdEkDWVBCtD8+on4dQ28UrqFRdLmiB7ZiF9ipCg=="}]}', '["sha256:6eee7d0fd3b9485c11286c2014d9488f70ca3b075ea93599fbc043a3a2a1ca4a"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:54.786Z', 3, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (2, 1, '1.1.0', '011011010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMS4xLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:6eee7d0fd3b9485c11286c2014d9488f70ca3b075ea93599fbc043a3a2a1ca4a","sig":"ITyxT62wr8qr/hMK6eiEk8tRFp5PXdWqz+HXMcKKXMDw/NzXx8abVZ0D4iuikotQdhrAPYvYpLhqPP+1ZUanDg=="}]}', '["sha256:6eee7d0fd3b9485c11286c2014d9488f70ca3b075ea93599fbc043a3a2a1ca4a"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:54.808Z', 4, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (3, 1, '2.0.0-rc.1', '012010010arc 0011 ', 1, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMi4wLjAtcmMuMSIsIm1hbmlmZXN0Ijp7ImRlc2NyaXB0aW9uIjoiQ29uZmluZXMgYSB0ZXN0IiwiaW1hZ2VzIjpbIm5naW54Il0sImFiaSI6IjMuMCIsImxpY2Vuc2UiOiJBcGFjaGUtMi4wIn19fQ==","signatures":[{"keyid":"sha256:6eee7d0fd3b9485c11286c2014d9488f70ca3b075ea93599fbc043a3a2a1ca4a","sig":"62vprfAy/eda6LHX5bb6rXaOkPLY59W4bRkSZUM5JEzBr9HyJJP62fhLmw9TUSBKR8EgUFW2ohoTp6xs7gbuAA=="}]}', '["sha256:6eee7d0fd3b9485c11286c2014d9488f70ca3b075ea93599fbc043a3a2a1ca4a"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:54.820Z', 5, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (4, 1, '2.0.0', '012010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMi4wLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:6eee7d0fd3b9485c11286c2014d9488f70ca3b075ea93599fbc043a3a2a1ca4a","sig":"kVslkEq0SKONKYrS19I+ga6jgvzhgrNV3l68Bbfxq4cksIayfKWpGOBrKFqfrTh+wL8qMiYvxi7Oq96SC5DJDQ=="}]}', '["sha256:6eee7d0fd3b9485c11286c2014d9488f70ca3b075ea93599fbc043a3a2a1ca4a"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:54.836Z', 6, 'breaks logging');
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (5, 5, '0.1.0', '010011010~', 0, 'sha256:f69ebad3a1c78603c485dc6808aa9b8af3b15759e0d87396508e7d055fd6a55a', 161, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS9kYXRhYmFzZSIsImRpZ2VzdCI6eyJzaGEyNTYiOiJmNjllYmFkM2ExYzc4NjAzYzQ4NWRjNjgwOGFhOWI4YWYzYjE1NzU5ZTBkODczOTY1MDhlN2QwNTVmZDZhNTVhIn19XSwicHJlZGljYXRlVHlwZSI6InVybjphYS1yZWdpc3RyeTpwcm9maWxlOnYxIiwicHJlZGljYXRlIjp7InRlYW0iOiJsaWJyYXJ5IiwibmFtZSI6ImRhdGFiYXNlIiwidmVyc2lvbiI6IjAuMS4wIiwibWFuaWZlc3QiOnsiZGVzY3JpcHRpb24iOiJDb25maW5lcyBhIHRlc3QiLCJpbWFnZXMiOlsibmdpbngiXSwiYWJpIjoiMy4wIiwibGljZW5zZSI6IkFwYWNoZS0yLjAifX19","signatures":[{"keyid":"sha256:18495d3daca2527bb6d4fec8e9b3fa16695bbb45ffaa2582228e807790e60327","sig":"D2UUHSfC76i48ySzJUG2QF+IXKNlH1RpthppLsX45TWRa4vGRjvPK7QU8MXCWzC0ht6IeyoNhlP4i7KU0QpdDw=="}]}', '["sha256:18495d3daca2527bb6d4fec8e9b3fa16695bbb45ffaa2582228e807790e60327"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:54.849Z', 7, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (6, 6, '1.0.0', '011010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoicGxhdGZvcm0vd2ViIiwiZGlnZXN0Ijp7InNoYTI1NiI6IjE4ODhlZGQzZTBhYWFmMWU4ZTY0OGUxM2U4MWU5NjYwMzZhMjI4YzA3OTQwNjRlM2RjMWQ5YWJiMTJhYWNmZGMifX1dLCJwcmVkaWNhdGVUeXBlIjoidXJuOmFhLXJlZ2lzdHJ5OnByb2ZpbGU6djEiLCJwcmVkaWNhdGUiOnsidGVhbSI6InBsYXRmb3JtIiwibmFtZSI6IndlYiIsInZlcnNpb24iOiIxLjAuMCIsIm1hbmlmZXN0Ijp7ImRlc2NyaXB0aW9uIjoiQ29uZmluZXMgYSB0ZXN0IiwiaW1hZ2VzIjpbIm5naW54Il0sImFiaSI6IjMuMCIsImxpY2Vuc2UiOiJBcGFjaGUtMi4wIn19fQ==","signatures":[{"keyid":"sha256:33ba6b9555659ec0d487f0405ff850b71adee7f6d82cb37d7f0ee6c614d8f2c3","sig":"KhLVB0iICO0YGHG1/Mnbh8cTosmzibkb7mx/5yMy1kB1n77nm6nqdYWirt7DwDh8FHkpMLaMchWn39sRn0oBDQ=="}]}', '["sha256:33ba6b9555659ec0d487f0405ff850b71adee7f6d82cb37d7f0ee6c614d8f2c3"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:54.862Z', 8, NULL);
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
CREATE UNIQUE INDEX `tokens_origin_unique` ON `tokens` (`origin`);
CREATE INDEX `tokens_expiry` ON `tokens` (`expires_at`) WHERE origin IS NOT NULL;
