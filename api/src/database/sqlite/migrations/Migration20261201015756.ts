import { Migration } from '@mikro-orm/migrations'

/** From where on something of machines is told, and how full their file systems were. */
export class Migration20261201015756 extends Migration {
  override name = 'Migration20261201015756'

  override up(): void {
    this.addSql(
      `create table \`threshold\` (\`id\` text not null primary key, \`kind\` text not null, \`tag\` text null, \`tag_key\` text not null, \`value\` double null, \`said_by\` text not null, \`said_at\` datetime not null);`,
    )
    this.addSql(`create unique index \`threshold_kind_tag_key_unique\` on \`threshold\` (\`kind\`, \`tag_key\`);`)

    this.addSql(`alter table \`file_system\` add column \`level\` text null;`)
    this.addSql(`alter table \`file_system\` add column \`full_at\` datetime null;`)
    this.addSql(`alter table \`file_system\` add column \`judged_percent\` integer null;`)
    this.addSql(`alter table \`file_system\` add column \`judged_days\` integer null;`)
    this.addSql(`alter table \`file_system\` add column \`room_days\` json not null default '[]';`)

    this.addSql(`alter table \`machine_state\` add column \`load_high_since\` datetime null;`)
    this.addSql(`alter table \`machine_state\` add column \`memory_high_since\` datetime null;`)
    this.addSql(`alter table \`machine_state\` add column \`load_threshold\` double null;`)
    this.addSql(`alter table \`machine_state\` add column \`memory_threshold\` double null;`)
  }

  override down(): void {
    this.addSql(`drop table if exists \`threshold\`;`)

    this.addSql(`alter table \`file_system\` drop column \`level\`;`)
    this.addSql(`alter table \`file_system\` drop column \`full_at\`;`)
    for (const column of ['judged_percent', 'judged_days', 'room_days'])
      this.addSql(`alter table \`file_system\` drop column \`${column}\`;`)

    for (const column of ['load_high_since', 'memory_high_since', 'load_threshold', 'memory_threshold'])
      this.addSql(`alter table \`machine_state\` drop column \`${column}\`;`)
  }
}
