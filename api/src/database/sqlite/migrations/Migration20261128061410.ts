import { Migration } from '@mikro-orm/migrations'

export class Migration20261128061410 extends Migration {
  override name = 'Migration20261128061410'

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`storage_array\` (\`id\` text not null primary key, \`machine_id\` text not null, \`kind\` text not null, \`name\` text not null, \`level\` text null, \`state\` text null, \`expected_members\` integer null, \`working_members\` integer null, \`most_members\` integer null, \`health\` text not null, \`reasons\` json not null, \`first_seen_at\` datetime not null, \`last_seen_at\` datetime not null, \`gone_since\` datetime null, constraint \`storage_array_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`));`,
    )
    this.addSql(`create index "storage_array_bad" on "storage_array" ("health", "id") where gone_since is null;`)
    this.addSql(
      `create unique index \`storage_array_machine_id_kind_name_unique\` on \`storage_array\` (\`machine_id\`, \`kind\`, \`name\`);`,
    )
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`storage_array\`;`)
  }
}
