-- log key: vm/aa-registry+8602dc2b+AReNFQrDMIM3LcPLlfERpMBsrUwbCIM8hVYGdXZteUdi
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
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0000_first_light', '2026-11-25T00:32:31.061Z');
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0001_teams_and_access', '2026-11-25T00:32:31.070Z');
INSERT INTO "channels" ("profile_id", "name", "version", "moved_at", "log_index") VALUES (1, 'stable', '1.1.0', '2026-11-25T00:32:32.155Z', 10);
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
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('library', 'sha256:5c2f4708512fd8c41d1c28fa6ccc7f0b7a2db4911b5e61a8c574589a3c32fd0c', 'MCowBQYDK2VwAyEAId/W8SSHz3Fmf+L/Ee4JGxcih2dYoOCLTMKgawJlf3w=', 'library key', NULL, '2026-11-25T00:32:31.555Z', 0, '2026-11-25T00:32:32.170Z', 12);
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('platform', 'sha256:a0a773fcfc8769677d9e94799c24b0124ee69e97483cce2ef3cc32afee9be052', 'MCowBQYDK2VwAyEAHGo1QZj6155MOTNuwI2093nCkTJFkS0CRgufJtB7tbk=', 'platform key', NULL, '2026-11-25T00:32:31.714Z', 1, NULL, NULL);
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('library', 'sha256:344c251e3b4600a93205c44e5069bd96889e3166eadd6369ab1af01569b75db4', 'MCowBQYDK2VwAyEAfOCWAa/XwMrHhpPUANxjYMX652Zygv4rsC6betkxncU=', 'second key', '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeSIsImRpZ2VzdCI6eyJzaGEyNTYiOiIzNDRjMjUxZTNiNDYwMGE5MzIwNWM0NGU1MDY5YmQ5Njg4OWUzMTY2ZWFkZDYzNjlhYjFhZjAxNTY5Yjc1ZGI0In19XSwicHJlZGljYXRlVHlwZSI6InVybjphYS1yZWdpc3RyeTprZXk6djEiLCJwcmVkaWNhdGUiOnsidGVhbSI6ImxpYnJhcnkiLCJwdWJsaWNLZXkiOiJNQ293QlFZREsyVndBeUVBZk9DV0FhL1h3TXJIaHBQVUFOeGpZTVg2NTJaeWd2NHJzQzZiZXRreG5jVT0ifX0=","signatures":[{"keyid":"sha256:5c2f4708512fd8c41d1c28fa6ccc7f0b7a2db4911b5e61a8c574589a3c32fd0c","sig":"fyMemQodJY5KrTXxYIinvhvTC0UIZLgRLOmVOWQgvlM89QmvnBRDW9yysZ2CzdBiTtrIPNeQPhQwHD2eGdWCCw=="}]}', '2026-11-25T00:32:31.798Z', 2, NULL, NULL);
INSERT INTO "log_entries" ("index", "data") VALUES (0, '{"kind":"key","time":"2026-11-25T00:32:31.555Z","team":"library","keyId":"sha256:5c2f4708512fd8c41d1c28fa6ccc7f0b7a2db4911b5e61a8c574589a3c32fd0c","publicKey":"MCowBQYDK2VwAyEAId/W8SSHz3Fmf+L/Ee4JGxcih2dYoOCLTMKgawJlf3w=","label":"library key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (1, '{"kind":"key","time":"2026-11-25T00:32:31.714Z","team":"platform","keyId":"sha256:a0a773fcfc8769677d9e94799c24b0124ee69e97483cce2ef3cc32afee9be052","publicKey":"MCowBQYDK2VwAyEAHGo1QZj6155MOTNuwI2093nCkTJFkS0CRgufJtB7tbk=","label":"platform key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (2, '{"kind":"key","time":"2026-11-25T00:32:31.798Z","team":"library","keyId":"sha256:344c251e3b4600a93205c44e5069bd96889e3166eadd6369ab1af01569b75db4","publicKey":"MCowBQYDK2VwAyEAfOCWAa/XwMrHhpPUANxjYMX652Zygv4rsC6betkxncU=","label":"second key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (3, '{"kind":"version","time":"2026-11-25T00:32:31.851Z","team":"library","name":"web","version":"1.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:882421ab2c07632976320cdd0a8e38adfc9fba912846e2187f9483bf89ee17ac"}');
INSERT INTO "log_entries" ("index", "data") VALUES (4, '{"kind":"version","time":"2026-11-25T00:32:31.985Z","team":"library","name":"web","version":"1.1.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:9aaea55713c9012eea5426b5c6123c13bcc4f521d9834c0faa1be19b041aee0a"}');
INSERT INTO "log_entries" ("index", "data") VALUES (5, '{"kind":"version","time":"2026-11-25T00:32:32.045Z","team":"library","name":"web","version":"2.0.0-rc.1","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:8c186adfca179816f5390f82bf87efd5d1ac4525733469ada4a021923d544a0f"}');
INSERT INTO "log_entries" ("index", "data") VALUES (6, '{"kind":"version","time":"2026-11-25T00:32:32.102Z","team":"library","name":"web","version":"2.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:6cae5588942f3e8a333f1a1f134027adc065a7567b83f97f03fa87a0b72ee933"}');
INSERT INTO "log_entries" ("index", "data") VALUES (7, '{"kind":"version","time":"2026-11-25T00:32:32.118Z","team":"library","name":"database","version":"0.1.0","digest":"sha256:f69ebad3a1c78603c485dc6808aa9b8af3b15759e0d87396508e7d055fd6a55a","envelope":"sha256:3ba3273a5320a1ec7a6a64397dbac3be9b9d28a946392e3743d82086fac9025e"}');
INSERT INTO "log_entries" ("index", "data") VALUES (8, '{"kind":"version","time":"2026-11-25T00:32:32.132Z","team":"platform","name":"web","version":"1.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:988749aec7e302f3c384f210da2ab1fcd6cce24249cf4036592fb562c4c3c9f6"}');
INSERT INTO "log_entries" ("index", "data") VALUES (9, '{"kind":"channel","time":"2026-11-25T00:32:32.147Z","team":"library","name":"web","channel":"stable","version":"1.0.0","previous":null}');
INSERT INTO "log_entries" ("index", "data") VALUES (10, '{"kind":"channel","time":"2026-11-25T00:32:32.155Z","team":"library","name":"web","channel":"stable","version":"1.1.0","previous":"1.0.0"}');
INSERT INTO "log_entries" ("index", "data") VALUES (11, '{"kind":"yank","time":"2026-11-25T00:32:32.161Z","team":"library","name":"web","version":"2.0.0","yanked":true,"reason":"breaks logging"}');
INSERT INTO "log_entries" ("index", "data") VALUES (12, '{"kind":"key-revocation","time":"2026-11-25T00:32:32.170Z","team":"library","keyId":"sha256:5c2f4708512fd8c41d1c28fa6ccc7f0b7a2db4911b5e61a8c574589a3c32fd0c","reason":"laptop stolen"}');
INSERT INTO "log_head" ("id", "size", "frontier", "checkpoint") VALUES (1, 13, '7088476b0e444208fe08a8f1ac123e3812de7e28c1206811d4108006dc0026550e3ab96f780d6f5333cf8d616ab723261a4274bcfa1a282816ba06724aa2be82e7f35abfcb50cbf943ab5deffc767efb2bd2ab80b2355ae95bfc823db7d961b2', 'vm/aa-registry
13
8uStOi2Jwb6e92JqVbd3s3npZUI7xF44dZDZYNjhkuE=

— vm/aa-registry hgLcK5EPEkyRSxBTWnwvPJAAQSORUD4zhopvMHnhiR658whVsZdwxWUpa+myv63Qk2lANsuQs/qx9gDExDPSU0jxVwU=
');
INSERT INTO "log_tiles" ("level", "index", "hashes") VALUES (0, 0, '592afb03e29f29cf784c97c25f23e611406369d15f7106b9cdd10394f5a92459370ef72b83dbe5d7b4835ab7e9bfe5993a4b93bf3f92f2ffb70e60188795909fa756abe766210814460ac6ad2faa14c4111399143618ecec39f10d2ad62fa8986325b1461cfef2602a363e59d6be23f5287b52550fa7d87f4dc6d649a47237dd0e40a2264bafd377a56e986c96cef5d63ac95df24c2c5a1087cd11a6e105ace5992b3d0f6fc5bfeab7db969d7841151c760ca2c07ca42e0233786cb10f75f484097fb4c838f1e8b978381cb64bd06fd962d1098efa83b49f1516d99d7c546d9131cc3f8db072aef3bf6f2bb445cd3f0021de35e27f504a22fb60e7b57be26f9badb325db65b6e9597a3c544fadb3af997bba22fb37bcdc6a54b652560c97fce85355ecb18c27614e67e3ba967b0f00ebaf69031afe8208920c7463c6435f109716ccc871048bd83ff49def19144018c68bd7e87fe927f102403d6570b1507c0636c3ca60f14cdf18d641eb85ee4ed16a079ba9d489f4134d7fe2bdc926233025e7f35abfcb50cbf943ab5deffc767efb2bd2ab80b2355ae95bfc823db7d961b2');
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images", "visibility", "blind", "deprecation", "replacement", "moved_to", "revision") VALUES (1, 'library', 'web', '2026-11-25T00:32:31.851Z', '1.1.0', 'Confines a test', '["nginx"]', 'public', NULL, NULL, NULL, NULL, 1);
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images", "visibility", "blind", "deprecation", "replacement", "moved_to", "revision") VALUES (5, 'library', 'database', '2026-11-25T00:32:32.118Z', '0.1.0', 'Confines a test', '["nginx"]', 'public', NULL, NULL, NULL, NULL, 1);
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images", "visibility", "blind", "deprecation", "replacement", "moved_to", "revision") VALUES (6, 'platform', 'web', '2026-11-25T00:32:32.132Z', '1.0.0', 'Confines a test', '["nginx"]', 'public', NULL, NULL, NULL, NULL, 1);
INSERT INTO "teams" ("name", "created_at") VALUES ('library', '2026-11-25T00:32:31.452Z');
INSERT INTO "teams" ("name", "created_at") VALUES ('platform', '2026-11-25T00:32:31.665Z');
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at", "user", "profile", "scope", "expires_at", "revoked_at", "last_used_at") VALUES (1, '5cae8c7785313fd5a34720fac2072e3886ef6f4e344ff427e87a8622b80eb070', 'administrator', NULL, '2026-11-25T00:32:31.117Z', NULL, NULL, 'admin', NULL, NULL, '2026-11-25T00:32:31.438Z');
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at", "user", "profile", "scope", "expires_at", "revoked_at", "last_used_at") VALUES (2, '9a8872cfb3f0c795f8b83235fb81c977221d4d488a38a1bb855c07c153eaaeb0', 'library token', 'library', '2026-11-25T00:32:31.644Z', NULL, NULL, 'admin', NULL, NULL, '2026-11-25T00:32:31.754Z');
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at", "user", "profile", "scope", "expires_at", "revoked_at", "last_used_at") VALUES (3, 'e763b7d71dad64ab95bc7b92102c9d0eccf6c8eef6559f49fd0207c16e99c7f3', 'platform token', 'platform', '2026-11-25T00:32:31.741Z', NULL, NULL, 'admin', NULL, NULL, '2026-11-25T00:32:32.127Z');
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (1, 1, '1.0.0', '011010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMS4wLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:5c2f4708512fd8c41d1c28fa6ccc7f0b7a2db4911b5e61a8c574589a3c32fd0c","sig":"rnO4j/OnfK3I43qL8gSgmIxEar/I037E6U6SheDCEoiPiOmq2LkpM1hxvYx6OpxflhK5cHLCo9m+L+3aR7gXBg=="}]}', '["sha256:5c2f4708512fd8c41d1c28fa6ccc7f0b7a2db4911b5e61a8c574589a3c32fd0c"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:31.851Z', 3, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (2, 1, '1.1.0', '011011010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMS4xLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:5c2f4708512fd8c41d1c28fa6ccc7f0b7a2db4911b5e61a8c574589a3c32fd0c","sig":"9hOO2viJqQjyM3jyBVdbEtqS3ag4voCSJMCvB3fGdmzGp+zUbG9JELE/iIT3jC3YSRWz6M8L9h0Db1xego31AA=="}]}', '["sha256:5c2f4708512fd8c41d1c28fa6ccc7f0b7a2db4911b5e61a8c574589a3c32fd0c"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:31.985Z', 4, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (3, 1, '2.0.0-rc.1', '012010010arc 0011 ', 1, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMi4wLjAtcmMuMSIsIm1hbmlmZXN0Ijp7ImRlc2NyaXB0aW9uIjoiQ29uZmluZXMgYSB0ZXN0IiwiaW1hZ2VzIjpbIm5naW54Il0sImFiaSI6IjMuMCIsImxpY2Vuc2UiOiJBcGFjaGUtMi4wIn19fQ==","signatures":[{"keyid":"sha256:5c2f4708512fd8c41d1c28fa6ccc7f0b7a2db4911b5e61a8c574589a3c32fd0c","sig":"Z2bJfkyoD6I27rSSvUt3qeAOybrrTFkRClGSKxDsexLxln+heKUsqgBt4TNq5sz2s6smM8p4DQXE5QssR9jECA=="}]}', '["sha256:5c2f4708512fd8c41d1c28fa6ccc7f0b7a2db4911b5e61a8c574589a3c32fd0c"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:32.045Z', 5, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (4, 1, '2.0.0', '012010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMi4wLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:5c2f4708512fd8c41d1c28fa6ccc7f0b7a2db4911b5e61a8c574589a3c32fd0c","sig":"H0RYOfH8eF/uxIHYONt0JsJEyjWGXyU5iAPoAcKdwRYa9CaSmmKuWKCEW2Lz0fjDPJJY3mM28noMAJOlhlCYCw=="}]}', '["sha256:5c2f4708512fd8c41d1c28fa6ccc7f0b7a2db4911b5e61a8c574589a3c32fd0c"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:32.102Z', 6, 'breaks logging');
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (5, 5, '0.1.0', '010011010~', 0, 'sha256:f69ebad3a1c78603c485dc6808aa9b8af3b15759e0d87396508e7d055fd6a55a', 161, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS9kYXRhYmFzZSIsImRpZ2VzdCI6eyJzaGEyNTYiOiJmNjllYmFkM2ExYzc4NjAzYzQ4NWRjNjgwOGFhOWI4YWYzYjE1NzU5ZTBkODczOTY1MDhlN2QwNTVmZDZhNTVhIn19XSwicHJlZGljYXRlVHlwZSI6InVybjphYS1yZWdpc3RyeTpwcm9maWxlOnYxIiwicHJlZGljYXRlIjp7InRlYW0iOiJsaWJyYXJ5IiwibmFtZSI6ImRhdGFiYXNlIiwidmVyc2lvbiI6IjAuMS4wIiwibWFuaWZlc3QiOnsiZGVzY3JpcHRpb24iOiJDb25maW5lcyBhIHRlc3QiLCJpbWFnZXMiOlsibmdpbngiXSwiYWJpIjoiMy4wIiwibGljZW5zZSI6IkFwYWNoZS0yLjAifX19","signatures":[{"keyid":"sha256:344c251e3b4600a93205c44e5069bd96889e3166eadd6369ab1af01569b75db4","sig":"mjFiytjms7TDnb6y8LPtx8DjvDmbl0kgc7IdmVMgc7Ujp4HNCTUXfGh7e/GQ4kcLZBl7E8vh0mMMybfYMHNeAg=="}]}', '["sha256:344c251e3b4600a93205c44e5069bd96889e3166eadd6369ab1af01569b75db4"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:32.118Z', 7, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (6, 6, '1.0.0', '011010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoicGxhdGZvcm0vd2ViIiwiZGlnZXN0Ijp7InNoYTI1NiI6IjE4ODhlZGQzZTBhYWFmMWU4ZTY0OGUxM2U4MWU5NjYwMzZhMjI4YzA3OTQwNjRlM2RjMWQ5YWJiMTJhYWNmZGMifX1dLCJwcmVkaWNhdGVUeXBlIjoidXJuOmFhLXJlZ2lzdHJ5OnByb2ZpbGU6djEiLCJwcmVkaWNhdGUiOnsidGVhbSI6InBsYXRmb3JtIiwibmFtZSI6IndlYiIsInZlcnNpb24iOiIxLjAuMCIsIm1hbmlmZXN0Ijp7ImRlc2NyaXB0aW9uIjoiQ29uZmluZXMgYSB0ZXN0IiwiaW1hZ2VzIjpbIm5naW54Il0sImFiaSI6IjMuMCIsImxpY2Vuc2UiOiJBcGFjaGUtMi4wIn19fQ==","signatures":[{"keyid":"sha256:a0a773fcfc8769677d9e94799c24b0124ee69e97483cce2ef3cc32afee9be052","sig":"13aE6hvU+fUcTK0ljEi8/C2pZprLS62SKg5NugZA31DaAQIAYwBBaydp01iTnX7F+jRrm2ZOrJoRbkdCLWssAw=="}]}', '["sha256:a0a773fcfc8769677d9e94799c24b0124ee69e97483cce2ef3cc32afee9be052"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:32.132Z', 8, NULL);
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
