CREATE TABLE "reconciliation_comments" (
	"id" text PRIMARY KEY NOT NULL,
	"break_id" text NOT NULL,
	"author_id" text NOT NULL,
	"text" text NOT NULL,
	"at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reconciliation_request_items" (
	"item_key" text PRIMARY KEY NOT NULL,
	"request_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reconciliation_requests" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"business_date" text NOT NULL,
	"break_id" text NOT NULL,
	"items" jsonb NOT NULL,
	"residual_minor" text,
	"supersedes" text,
	"value" jsonb NOT NULL,
	"needs_approval" boolean NOT NULL,
	"seen_sequence" bigint NOT NULL,
	"reason" text NOT NULL,
	"requested_by" text NOT NULL,
	"requested_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"decided_by" text,
	"decided_at" timestamp (6) with time zone,
	"answer" text,
	"recorded_at" timestamp (6) with time zone,
	CONSTRAINT "reconciliation_requests_state_known" CHECK ("reconciliation_requests"."state" in ('pending', 'approved', 'rejected', 'withdrawn', 'failed')),
	CONSTRAINT "reconciliation_requests_second_person" CHECK ("reconciliation_requests"."decided_by" is null or "reconciliation_requests"."decided_by" <> "reconciliation_requests"."requested_by" or "reconciliation_requests"."state" in ('withdrawn', 'failed')),
	CONSTRAINT "reconciliation_requests_approved_by_somebody" CHECK ("reconciliation_requests"."state" <> 'approved' or not "reconciliation_requests"."needs_approval" or "reconciliation_requests"."decided_by" is not null)
);
--> statement-breakpoint
CREATE TABLE "reconciliation_work" (
	"break_id" text PRIMARY KEY NOT NULL,
	"assignee_id" text,
	"snoozed_until" timestamp (6) with time zone,
	"snooze_reason" text,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "reconciliation_comments" ADD CONSTRAINT "reconciliation_comments_author_id_user_id_fk" FOREIGN KEY ("author_id") REFERENCES "public"."user"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reconciliation_request_items" ADD CONSTRAINT "reconciliation_request_items_request_id_reconciliation_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."reconciliation_requests"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reconciliation_requests" ADD CONSTRAINT "reconciliation_requests_requested_by_user_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."user"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reconciliation_requests" ADD CONSTRAINT "reconciliation_requests_decided_by_user_id_fk" FOREIGN KEY ("decided_by") REFERENCES "public"."user"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reconciliation_work" ADD CONSTRAINT "reconciliation_work_assignee_id_user_id_fk" FOREIGN KEY ("assignee_id") REFERENCES "public"."user"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "reconciliation_comments_break" ON "reconciliation_comments" USING btree ("break_id","at");--> statement-breakpoint
CREATE INDEX "reconciliation_request_items_request" ON "reconciliation_request_items" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "reconciliation_requests_state" ON "reconciliation_requests" USING btree ("state","requested_at");--> statement-breakpoint
CREATE INDEX "reconciliation_requests_break" ON "reconciliation_requests" USING btree ("break_id");