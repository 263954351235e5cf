import { Migration } from '@mikro-orm/migrations'

/** What the logs of actions say and somebody should read; what ended before counts as read. */
export class Migration20261201033952 extends Migration {
  override name = 'Migration20261201033952'

  override up(): void {
    this.addSql(
      `create table \`important_message\` (\`id\` text not null primary key, \`machine_id\` text not null, \`fingerprint\` text not null, \`rule\` text not null, \`category\` text not null, \`severity\` text not null, \`text\` text not null, \`first_seen_at\` datetime not null, \`last_seen_at\` datetime not null, \`count\` integer not null, \`execution_id\` text not null, \`line\` integer not null, \`offset\` integer not null, \`acknowledged_at\` datetime null, \`acknowledged_by\` text null, constraint \`important_message_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`), constraint \`important_message_execution_id_foreign\` foreign key (\`execution_id\`) references \`execution\` (\`id\`));`,
    )
    this.addSql(
      `create index \`important_message_last_seen_at_id_index\` on \`important_message\` (\`last_seen_at\`, \`id\`);`,
    )
    this.addSql(
      `create unique index \`important_message_machine_id_fingerprint_unique\` on \`important_message\` (\`machine_id\`, \`fingerprint\`);`,
    )

    this.addSql(
      `create table \`message_occurrence\` (\`id\` text not null primary key, \`execution_id\` text not null, \`message_id\` text not null, \`line\` integer not null, \`offset\` integer not null, \`count\` integer not null, constraint \`message_occurrence_execution_id_foreign\` foreign key (\`execution_id\`) references \`execution\` (\`id\`), constraint \`message_occurrence_message_id_foreign\` foreign key (\`message_id\`) references \`important_message\` (\`id\`));`,
    )
    this.addSql(`create index \`message_occurrence_message_id_index\` on \`message_occurrence\` (\`message_id\`);`)
    this.addSql(
      `create unique index \`message_occurrence_execution_id_message_id_unique\` on \`message_occurrence\` (\`execution_id\`, \`message_id\`);`,
    )

    this.addSql(`alter table \`execution\` add column \`messages_read_at\` datetime null;`)
    this.addSql(`alter table \`execution\` add column \`messages_left\` integer null;`)
    this.addSql(
      `create index "execution_unread" on "execution" ("id") where "messages_read_at" is null and "ended_at" is not null;`,
    )
    this.addSql(`update "execution" set "messages_read_at" = "ended_at" where "ended_at" is not null;`)
  }

  override down(): void {
    this.addSql(`drop table if exists \`important_message\`;`)
    this.addSql(`drop table if exists \`message_occurrence\`;`)

    this.addSql(`drop index \`execution_unread\`;`)
    this.addSql(`alter table \`execution\` drop column \`messages_read_at\`;`)
    this.addSql(`alter table \`execution\` drop column \`messages_left\`;`)
  }
}
