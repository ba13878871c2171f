CREATE TABLE `oci_manifests` (
	`profile_id` integer NOT NULL,
	`digest` text NOT NULL,
	`version_id` integer NOT NULL,
	`role` text NOT NULL,
	`text` text NOT NULL,
	`layer` text,
	`layer_text` text,
	PRIMARY KEY(`profile_id`, `digest`),
	FOREIGN KEY (`profile_id`) REFERENCES `profiles`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`version_id`) REFERENCES `versions`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `oci_manifests_layer` ON `oci_manifests` (`profile_id`,`layer`);--> statement-breakpoint
CREATE INDEX `oci_manifests_version` ON `oci_manifests` (`version_id`,`role`);--> statement-breakpoint
CREATE UNIQUE INDEX `oci_manifests_proof` ON `oci_manifests` (`version_id`) WHERE role = 'proof';--> statement-breakpoint
CREATE INDEX `versions_tags` ON `versions` (`profile_id`,`version`) WHERE "versions"."yank_reason" IS NULL;