import { Migration } from '@mikro-orm/migrations'

export class Migration20261125201242 extends Migration {
  override name = 'Migration20261125201242'

  override up(): void {
    this.addSql('alter table `backup_file` add column `tried_at` datetime null;')
    this.addSql('alter table `scanner` add column `vault_id` text null;')
    this.addSql('alter table `scanner` add column `quarantine_id` text null;')
  }

  override down(): void {
    this.addSql('alter table `backup_file` drop column `tried_at`;')
    this.addSql('alter table `scanner` drop column `vault_id`;')
    this.addSql('alter table `scanner` drop column `quarantine_id`;')
  }
}
