import { Migration } from '@mikro-orm/migrations'

/** SQLite changes no primary key: the table is made anew. Nothing refers to it. */
export class Migration20261125195225 extends Migration {
  override name = 'Migration20261125195225'

  override up(): void {
    this.remake('primary key (`id`, `machine_id`)')
    this.addSql(`alter table \`api_client\` add column \`agents\` json not null default '[]';`)
  }

  override down(): void {
    this.addSql('alter table `api_client` drop column `agents`;')
    this.remake('primary key (`id`)')
  }

  private remake(key: string): void {
    this.addSql(
      `create table \`inventory_report_new\` (\`id\` text not null, \`machine_id\` text not null, \`collected_at\` datetime not null, \`received_at\` datetime not null, \`at\` datetime not null, \`sections\` json not null, \`notes\` json not null, constraint \`inventory_report_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`), ${key});`,
    )
    this.addSql(
      'insert or ignore into `inventory_report_new` select `id`, `machine_id`, `collected_at`, `received_at`, `at`, `sections`, `notes` from `inventory_report` order by `at`;',
    )
    this.addSql('drop table `inventory_report`;')
    this.addSql('alter table `inventory_report_new` rename to `inventory_report`;')
    this.addSql('create index `inventory_report_at_index` on `inventory_report` (`at`);')
    this.addSql('create index `inventory_report_machine_id_at_index` on `inventory_report` (`machine_id`, `at`);')
  }
}
