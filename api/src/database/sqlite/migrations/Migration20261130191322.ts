import { Migration } from '@mikro-orm/migrations'

/** What a machine is made of, and how busy it was. */
export class Migration20261130191322 extends Migration {
  override name = 'Migration20261130191322'

  override up(): void {
    this.addSql(
      `create table \`metric_bucket\` (\`id\` text not null primary key, \`machine_id\` text not null, \`range\` text not null, \`at\` datetime not null, \`loads\` integer not null, \`load_sum\` double not null, \`cpus\` integer not null, \`cpu_sum\` double not null, \`cpu_most\` double null, \`memories\` integer not null, \`memory_sum\` double not null, \`memory_most\` bigint null, \`memory_bytes\` bigint null, \`swaps\` integer not null, \`swap_sum\` double not null, constraint \`metric_bucket_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`));`,
    )
    this.addSql(`create index \`metric_bucket_range_at_index\` on \`metric_bucket\` (\`range\`, \`at\`);`)
    this.addSql(
      `create unique index \`metric_bucket_machine_id_range_at_unique\` on \`metric_bucket\` (\`machine_id\`, \`range\`, \`at\`);`,
    )
    this.addSql(`alter table \`machine_state\` add column \`hardware\` json null;`)
    this.addSql(`alter table \`machine_state\` add column \`hardware_at\` datetime null;`)
    this.addSql(`alter table \`machine_state\` add column \`pinned\` integer null;`)
    this.addSql(`alter table \`machine_state\` add column \`security_list_at\` datetime null;`)
    this.addSql(`alter table \`machine_state\` add column \`trouble_since\` datetime null;`)
    this.addSql(`alter table \`machine_state\` add column \`trouble_told_at\` datetime null;`)
  }

  override down(): void {
    this.addSql(`drop table \`metric_bucket\`;`)
    for (const column of ['hardware', 'hardware_at', 'pinned', 'security_list_at', 'trouble_since', 'trouble_told_at'])
      this.addSql(`alter table \`machine_state\` drop column \`${column}\`;`)
  }
}
