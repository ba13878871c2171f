-- log key: vm/aa-registry+911801c9+ARShCKy4x5mU3RP5gFGfczY27Vo+lWMFw05I2CLtaqhU
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
	`images` text NOT NULL,
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
	`created_at` text NOT NULL,
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
INSERT INTO "migrations" ("name", "applied_at") VALUES ('0000_first_light', '2026-11-25T00:32:18.907Z');
INSERT INTO "channels" ("profile_id", "name", "version", "moved_at", "log_index") VALUES (1, 'stable', '1.1.0', '2026-11-25T00:32:21.195Z', 10);
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
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('library', 'sha256:7e4cd0cc5cf67f19b642ca23da1e47029ed6efefef9f6069eb70e8f9db1e5ec1', 'MCowBQYDK2VwAyEAQecdVgmMghV1ngWfu4Y0XyCQ7OkTzXqhr7C7lpYiGjI=', 'library key', NULL, '2026-11-25T00:32:19.195Z', 0, '2026-11-25T00:32:21.205Z', 12);
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('platform', 'sha256:d90926846e679580687b0b4c40ee0692baf63f1b617af5b3f0275c188a3f3de2', 'MCowBQYDK2VwAyEAEoBOMQ226MqTWT4BbXKWladBg/Wa6qa+Ac4d0W+8zBM=', 'platform key', NULL, '2026-11-25T00:32:19.298Z', 1, NULL, NULL);
INSERT INTO "keys" ("team", "key_id", "public_key", "label", "endorsement", "created_at", "log_index", "revoked_at", "revocation_log_index") VALUES ('library', 'sha256:fad20356996cfc51678b3b4c6f5d0bca79b3f8b87443a34b6e7cfdead29d9691', 'MCowBQYDK2VwAyEAYven7S3OdZ9x+DfenSn36HW7OGG8FphELxU3DkbimCA=', 'second key', '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeSIsImRpZ2VzdCI6eyJzaGEyNTYiOiJmYWQyMDM1Njk5NmNmYzUxNjc4YjNiNGM2ZjVkMGJjYTc5YjNmOGI4NzQ0M2EzNGI2ZTdjZmRlYWQyOWQ5NjkxIn19XSwicHJlZGljYXRlVHlwZSI6InVybjphYS1yZWdpc3RyeTprZXk6djEiLCJwcmVkaWNhdGUiOnsidGVhbSI6ImxpYnJhcnkiLCJwdWJsaWNLZXkiOiJNQ293QlFZREsyVndBeUVBWXZlbjdTM09kWjl4K0RmZW5TbjM2SFc3T0dHOEZwaEVMeFUzRGtiaW1DQT0ifX0=","signatures":[{"keyid":"sha256:7e4cd0cc5cf67f19b642ca23da1e47029ed6efefef9f6069eb70e8f9db1e5ec1","sig":"W157GkpvZHh2neAH8GHzDPMZqrqTLVh9OcefMGCyWjpOfMnfxcpu5iEmab+2y12u8V2SGzj5U7dXTa+gonEwCg=="}]}', '2026-11-25T00:32:19.313Z', 2, NULL, NULL);
INSERT INTO "log_entries" ("index", "data") VALUES (0, '{"kind":"key","time":"2026-11-25T00:32:19.195Z","team":"library","keyId":"sha256:7e4cd0cc5cf67f19b642ca23da1e47029ed6efefef9f6069eb70e8f9db1e5ec1","publicKey":"MCowBQYDK2VwAyEAQecdVgmMghV1ngWfu4Y0XyCQ7OkTzXqhr7C7lpYiGjI=","label":"library key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (1, '{"kind":"key","time":"2026-11-25T00:32:19.298Z","team":"platform","keyId":"sha256:d90926846e679580687b0b4c40ee0692baf63f1b617af5b3f0275c188a3f3de2","publicKey":"MCowBQYDK2VwAyEAEoBOMQ226MqTWT4BbXKWladBg/Wa6qa+Ac4d0W+8zBM=","label":"platform key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (2, '{"kind":"key","time":"2026-11-25T00:32:19.313Z","team":"library","keyId":"sha256:fad20356996cfc51678b3b4c6f5d0bca79b3f8b87443a34b6e7cfdead29d9691","publicKey":"MCowBQYDK2VwAyEAYven7S3OdZ9x+DfenSn36HW7OGG8FphELxU3DkbimCA=","label":"second key"}');
INSERT INTO "log_entries" ("index", "data") VALUES (3, '{"kind":"version","time":"2026-11-25T00:32:19.329Z","team":"library","name":"web","version":"1.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:882421ab2c07632976320cdd0a8e38adfc9fba912846e2187f9483bf89ee17ac"}');
INSERT INTO "log_entries" ("index", "data") VALUES (4, '{"kind":"version","time":"2026-11-25T00:32:19.349Z","team":"library","name":"web","version":"1.1.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:9aaea55713c9012eea5426b5c6123c13bcc4f521d9834c0faa1be19b041aee0a"}');
INSERT INTO "log_entries" ("index", "data") VALUES (5, '{"kind":"version","time":"2026-11-25T00:32:21.134Z","team":"library","name":"web","version":"2.0.0-rc.1","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:8c186adfca179816f5390f82bf87efd5d1ac4525733469ada4a021923d544a0f"}');
INSERT INTO "log_entries" ("index", "data") VALUES (6, '{"kind":"version","time":"2026-11-25T00:32:21.162Z","team":"library","name":"web","version":"2.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:6cae5588942f3e8a333f1a1f134027adc065a7567b83f97f03fa87a0b72ee933"}');
INSERT INTO "log_entries" ("index", "data") VALUES (7, '{"kind":"version","time":"2026-11-25T00:32:21.171Z","team":"library","name":"database","version":"0.1.0","digest":"sha256:f69ebad3a1c78603c485dc6808aa9b8af3b15759e0d87396508e7d055fd6a55a","envelope":"sha256:3ba3273a5320a1ec7a6a64397dbac3be9b9d28a946392e3743d82086fac9025e"}');
INSERT INTO "log_entries" ("index", "data") VALUES (8, '{"kind":"version","time":"2026-11-25T00:32:21.179Z","team":"platform","name":"web","version":"1.0.0","digest":"sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc","envelope":"sha256:988749aec7e302f3c384f210da2ab1fcd6cce24249cf4036592fb562c4c3c9f6"}');
INSERT INTO "log_entries" ("index", "data") VALUES (9, '{"kind":"channel","time":"2026-11-25T00:32:21.188Z","team":"library","name":"web","channel":"stable","version":"1.0.0","previous":null}');
INSERT INTO "log_entries" ("index", "data") VALUES (10, '{"kind":"channel","time":"2026-11-25T00:32:21.195Z","team":"library","name":"web","channel":"stable","version":"1.1.0","previous":"1.0.0"}');
INSERT INTO "log_entries" ("index", "data") VALUES (11, '{"kind":"yank","time":"2026-11-25T00:32:21.198Z","team":"library","name":"web","version":"2.0.0","yanked":true,"reason":"breaks logging"}');
INSERT INTO "log_entries" ("index", "data") VALUES (12, '{"kind":"key-revocation","time":"2026-11-25T00:32:21.205Z","team":"library","keyId":"sha256:7e4cd0cc5cf67f19b642ca23da1e47029ed6efefef9f6069eb70e8f9db1e5ec1","reason":"laptop stolen"}');
INSERT INTO "log_head" ("id", "size", "frontier", "checkpoint") VALUES (1, 13, 'e19d9c655b30c8eff7cf48a842f168b3474f78018cfa2e763c2d123729b494083445687c7469c2c120b42511bafdaeca014353ab1b792270eb4e2158fc1e9b5ef1c3532671eb8387aabe22adedbcc0475f0bc93c215d59b2dcbb78bcb923eeef', 'vm/aa-registry
13
n1ay4cU7LmrCEdQT5MJYyuEWyZEp/bVool0NDggFJws=

— vm/aa-registry kRgByWjEplEWCQabBy6QDpkGDkttfyYFtsCgRYrztldKmPwWNUIBhkov51NlGcY3OEuHPHP5BouklB+ZtHPoeV/Acw8=
');
INSERT INTO "log_tiles" ("level", "index", "hashes") VALUES (0, 0, 'bf7b3d605cccb5a341a76fdaed0d0ba6d334628fa93171c91a8a9e500b1d53f81b71fd02de090e87b064ff7337518ecaa5e46af3603fa3e1f4b1f755d015dcac663e0591292841fbaa327a1940be9dd165a21409ad2c08ac290f63f5a6166c4e9345d74e63295b3f1bdd585033b49b061732975c78ef11e583377a3081e13f20a059a9d77ea61ae8aa5f7ab525baec2badd971b273a9f8d31c5223f71802659758e9c279cca420fa1260a1c23ff17e4dbf696ec58f8bd4c241913e285c987aa22cf06c8d2f5efa0e04db8c0fb6712d76465c1981ff47ad844d8ce973afa50e8495a07f3c9cec41a62a43e9c36fa13c82b652c776c8d4117d9563a58a0770a9d4c64496efa138719ade0720567f7d66ac9e020106ac545516b43c95d283a4460ead359bdd7937a6307c2ccac3619f9b08b22338f97e2a63dc3ea4b07dd1a66d37ec1843e4f5e7c6a71c800595ef3c94d9bd47ad505e0f0de9e1a790ad4f20721dd8646306077670f01b153e6a89f9e76aba875c020e8b7327413d5629695040b5f1c3532671eb8387aabe22adedbcc0475f0bc93c215d59b2dcbb78bcb923eeef');
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images") VALUES (1, 'library', 'web', '2026-11-25T00:32:19.329Z', '1.1.0', 'Confines a test', '["nginx"]');
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images") VALUES (5, 'library', 'database', '2026-11-25T00:32:21.171Z', '0.1.0', 'Confines a test', '["nginx"]');
INSERT INTO "profiles" ("id", "team", "name", "created_at", "latest", "description", "images") VALUES (6, 'platform', 'web', '2026-11-25T00:32:21.179Z', '1.0.0', 'Confines a test', '["nginx"]');
INSERT INTO "teams" ("name", "created_at") VALUES ('library', '2026-11-25T00:32:19.162Z');
INSERT INTO "teams" ("name", "created_at") VALUES ('platform', '2026-11-25T00:32:19.288Z');
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at") VALUES (1, 'e45adfd25bd6bdd8b557e301cb6fbb050e060cef77f6eacc2c61dd3a58b40428', 'administrator', NULL, '2026-11-25T00:32:18.929Z');
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at") VALUES (2, 'be7d43928d31e2a5956ddfcdd5262656d6cbd35c7ed5b5b5c978e25867cda630', 'library token', 'library', '2026-11-25T00:32:19.243Z');
INSERT INTO "tokens" ("id", "hash", "label", "team", "created_at") VALUES (3, 'ec177488818d120c4b37cfe5dd75471d400670c66c732a34726212eea9a5a21a', 'platform token', 'platform', '2026-11-25T00:32:19.304Z');
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (1, 1, '1.0.0', '011010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMS4wLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:7e4cd0cc5cf67f19b642ca23da1e47029ed6efefef9f6069eb70e8f9db1e5ec1","sig":"vBMn4ia81/R7Ou2rbBRiCxRGyWoRlRM9TEG60WPKcmcwWdwjC6XGjcYoJZk9U3ph+P9qpph34lw01MAk4qZoDQ=="}]}', '["sha256:7e4cd0cc5cf67f19b642ca23da1e47029ed6efefef9f6069eb70e8f9db1e5ec1"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:19.329Z', 3, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (2, 1, '1.1.0', '011011010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMS4xLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:7e4cd0cc5cf67f19b642ca23da1e47029ed6efefef9f6069eb70e8f9db1e5ec1","sig":"xViXEAb5n8COrtuTVmKBqPVyhLYiTZrHQiRtCLV7cmAZQdvLO1+Ol3eadkWpUFNGdAcJ9nI8YcghSgfjx0oqAA=="}]}', '["sha256:7e4cd0cc5cf67f19b642ca23da1e47029ed6efefef9f6069eb70e8f9db1e5ec1"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:19.349Z', 4, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (3, 1, '2.0.0-rc.1', '012010010arc 0011 ', 1, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMi4wLjAtcmMuMSIsIm1hbmlmZXN0Ijp7ImRlc2NyaXB0aW9uIjoiQ29uZmluZXMgYSB0ZXN0IiwiaW1hZ2VzIjpbIm5naW54Il0sImFiaSI6IjMuMCIsImxpY2Vuc2UiOiJBcGFjaGUtMi4wIn19fQ==","signatures":[{"keyid":"sha256:7e4cd0cc5cf67f19b642ca23da1e47029ed6efefef9f6069eb70e8f9db1e5ec1","sig":"Z6aE0lzkJUgYpBN7ev2hZgSQ19OUb8ykbO6S98jN1RQXjbg6CyhoCBVSYpZUwLXd4tfMANJMShpOlpZBP+p4AA=="}]}', '["sha256:7e4cd0cc5cf67f19b642ca23da1e47029ed6efefef9f6069eb70e8f9db1e5ec1"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:21.134Z', 5, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (4, 1, '2.0.0', '012010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS93ZWIiLCJkaWdlc3QiOnsic2hhMjU2IjoiMTg4OGVkZDNlMGFhYWYxZThlNjQ4ZTEzZTgxZTk2NjAzNmEyMjhjMDc5NDA2NGUzZGMxZDlhYmIxMmFhY2ZkYyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ1cm46YWEtcmVnaXN0cnk6cHJvZmlsZTp2MSIsInByZWRpY2F0ZSI6eyJ0ZWFtIjoibGlicmFyeSIsIm5hbWUiOiJ3ZWIiLCJ2ZXJzaW9uIjoiMi4wLjAiLCJtYW5pZmVzdCI6eyJkZXNjcmlwdGlvbiI6IkNvbmZpbmVzIGEgdGVzdCIsImltYWdlcyI6WyJuZ2lueCJdLCJhYmkiOiIzLjAiLCJsaWNlbnNlIjoiQXBhY2hlLTIuMCJ9fX0=","signatures":[{"keyid":"sha256:7e4cd0cc5cf67f19b642ca23da1e47029ed6efefef9f6069eb70e8f9db1e5ec1","sig":"HsrBxK//I44I8awHBWKPkVmrfSnkk4DlCBJv34AiJGT3URSXxQ3g9d0txJUKzEDlwVAgChWb05XmTR41PJj9BQ=="}]}', '["sha256:7e4cd0cc5cf67f19b642ca23da1e47029ed6efefef9f6069eb70e8f9db1e5ec1"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:21.162Z', 6, 'breaks logging');
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (5, 5, '0.1.0', '010011010~', 0, 'sha256:f69ebad3a1c78603c485dc6808aa9b8af3b15759e0d87396508e7d055fd6a55a', 161, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoibGlicmFyeS9kYXRhYmFzZSIsImRpZ2VzdCI6eyJzaGEyNTYiOiJmNjllYmFkM2ExYzc4NjAzYzQ4NWRjNjgwOGFhOWI4YWYzYjE1NzU5ZTBkODczOTY1MDhlN2QwNTVmZDZhNTVhIn19XSwicHJlZGljYXRlVHlwZSI6InVybjphYS1yZWdpc3RyeTpwcm9maWxlOnYxIiwicHJlZGljYXRlIjp7InRlYW0iOiJsaWJyYXJ5IiwibmFtZSI6ImRhdGFiYXNlIiwidmVyc2lvbiI6IjAuMS4wIiwibWFuaWZlc3QiOnsiZGVzY3JpcHRpb24iOiJDb25maW5lcyBhIHRlc3QiLCJpbWFnZXMiOlsibmdpbngiXSwiYWJpIjoiMy4wIiwibGljZW5zZSI6IkFwYWNoZS0yLjAifX19","signatures":[{"keyid":"sha256:fad20356996cfc51678b3b4c6f5d0bca79b3f8b87443a34b6e7cfdead29d9691","sig":"GvT+pJxI43b9zTlhkNCLIh0GIv0aDEPLYQ9eLfS9Pv0VJhGIYOb1fhihjqdyEIyDrwT2tgYQ9gI03vClzbIjCw=="}]}', '["sha256:fad20356996cfc51678b3b4c6f5d0bca79b3f8b87443a34b6e7cfdead29d9691"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:21.171Z', 7, NULL);
INSERT INTO "versions" ("id", "profile_id", "version", "precedence", "prerelease", "digest", "size", "envelope", "signers", "manifest", "published_at", "log_index", "yank_reason") VALUES (6, 6, '1.0.0', '011010010~', 0, 'sha256:1888edd3e0aaaf1e8e648e13e81e966036a228c0794064e3dc1d9abb12aacfdc', 151, '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoicGxhdGZvcm0vd2ViIiwiZGlnZXN0Ijp7InNoYTI1NiI6IjE4ODhlZGQzZTBhYWFmMWU4ZTY0OGUxM2U4MWU5NjYwMzZhMjI4YzA3OTQwNjRlM2RjMWQ5YWJiMTJhYWNmZGMifX1dLCJwcmVkaWNhdGVUeXBlIjoidXJuOmFhLXJlZ2lzdHJ5OnByb2ZpbGU6djEiLCJwcmVkaWNhdGUiOnsidGVhbSI6InBsYXRmb3JtIiwibmFtZSI6IndlYiIsInZlcnNpb24iOiIxLjAuMCIsIm1hbmlmZXN0Ijp7ImRlc2NyaXB0aW9uIjoiQ29uZmluZXMgYSB0ZXN0IiwiaW1hZ2VzIjpbIm5naW54Il0sImFiaSI6IjMuMCIsImxpY2Vuc2UiOiJBcGFjaGUtMi4wIn19fQ==","signatures":[{"keyid":"sha256:d90926846e679580687b0b4c40ee0692baf63f1b617af5b3f0275c188a3f3de2","sig":"/XtktqmkPLiCKYJ+lR+UE4NDvml8QAUNUz8AeFfTSUkJ898TFg/1MA30RxYtmBQGF2ZlSey5DrO7kLsS3pFGDw=="}]}', '["sha256:d90926846e679580687b0b4c40ee0692baf63f1b617af5b3f0275c188a3f3de2"]', '{"description":"Confines a test","images":["nginx"],"abi":"3.0","license":"Apache-2.0"}', '2026-11-25T00:32:21.179Z', 8, NULL);
CREATE UNIQUE INDEX `profiles_path` ON `profiles` (`team`,`name`);
CREATE UNIQUE INDEX `tokens_hash_unique` ON `tokens` (`hash`);
CREATE INDEX `tokens_team` ON `tokens` (`team`);
CREATE INDEX `versions_precedence` ON `versions` (`profile_id`,"precedence" desc);
CREATE INDEX `versions_digest` ON `versions` (`profile_id`,`digest`);
CREATE UNIQUE INDEX `versions_version` ON `versions` (`profile_id`,`version`);
