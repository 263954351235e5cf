import { Migration } from '@mikro-orm/migrations'

export class Migration20261128055711 extends Migration {
  override name = 'Migration20261128055711'

  override up(): void | Promise<void> {
    this.addSql(`drop index \`disk_archived_at_health_last_read_at_id_index\`;`)
    this.addSql(`alter table \`disk\` add column \`accepted\` json not null default '[]';`)
    this.addSql(`alter table \`disk\` add column \`failed_readings\` integer not null default 0;`)
    this.addSql(`alter table \`disk\` add column \`unreadable_since\` datetime null;`)
    this.addSql(
      `create index \`disk_archived_at_health_last_read_at_missing_since_id_index\` on \`disk\` (\`archived_at\`, \`health\`, \`last_read_at\`, \`missing_since\`, \`id\`);`,
    )
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index \`disk_archived_at_health_last_read_at_missing_since_id_index\`;`)
    this.addSql(`alter table \`disk\` drop column \`accepted\`;`)
    this.addSql(`alter table \`disk\` drop column \`failed_readings\`;`)
    this.addSql(`alter table \`disk\` drop column \`unreadable_since\`;`)
    this.addSql(
      `create index \`disk_archived_at_health_last_read_at_id_index\` on \`disk\` (\`archived_at\`, \`health\`, \`last_read_at\`, \`id\`);`,
    )
  }
}
