import { Migration } from '@mikro-orm/migrations'

/** What the logs of actions say and somebody should read; what ended before counts as read. */
export class Migration20261201033953 extends Migration {
  override name = 'Migration20261201033953'

  override up(): void {
    this.addSql(
      `create table "important_message" ("id" text collate "C" not null, "machine_id" text collate "C" not null, "fingerprint" text collate "C" not null, "rule" text collate "C" not null, "category" text collate "C" not null, "severity" text collate "C" not null, "text" text collate "C" not null, "first_seen_at" timestamptz not null, "last_seen_at" timestamptz not null, "count" bigint not null, "execution_id" text collate "C" not null, "line" bigint not null, "offset" bigint not null, "acknowledged_at" timestamptz null, "acknowledged_by" text collate "C" null, primary key ("id"));`,
    )
    this.addSql(`create index "important_message_last_seen_at_id_index" on "important_message" ("last_seen_at", "id");`)
    this.addSql(
      `alter table "important_message" add constraint "important_message_machine_id_fingerprint_unique" unique ("machine_id", "fingerprint");`,
    )

    this.addSql(
      `create table "message_occurrence" ("id" text collate "C" not null, "execution_id" text collate "C" not null, "message_id" text collate "C" not null, "line" bigint not null, "offset" bigint not null, "count" bigint not null, primary key ("id"));`,
    )
    this.addSql(`create index "message_occurrence_message_id_index" on "message_occurrence" ("message_id");`)
    this.addSql(
      `alter table "message_occurrence" add constraint "message_occurrence_execution_id_message_id_unique" unique ("execution_id", "message_id");`,
    )

    this.addSql(`alter table "execution" add "messages_read_at" timestamptz null, add "messages_left" bigint null;`)
    this.addSql(
      `create index "execution_unread" on "execution" ("id") where "messages_read_at" is null and "ended_at" is not null;`,
    )

    this.addSql(
      `alter table "important_message" add constraint "important_message_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "important_message" add constraint "important_message_execution_id_foreign" foreign key ("execution_id") references "execution" ("id") deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "message_occurrence" add constraint "message_occurrence_execution_id_foreign" foreign key ("execution_id") references "execution" ("id") deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "message_occurrence" add constraint "message_occurrence_message_id_foreign" foreign key ("message_id") references "important_message" ("id") deferrable initially immediate;`,
    )
    this.addSql(`update "execution" set "messages_read_at" = "ended_at" where "ended_at" is not null;`)
  }

  override down(): void {
    this.addSql(`alter table "message_occurrence" drop constraint "message_occurrence_message_id_foreign";`)

    this.addSql(`drop table if exists "important_message" cascade;`)
    this.addSql(`drop table if exists "message_occurrence" cascade;`)

    this.addSql(`drop index "execution_unread";`)
    this.addSql(`alter table "execution" drop column "messages_read_at", drop column "messages_left";`)
  }
}
