import { Migration } from '@mikro-orm/migrations'

export class Migration20261128063819 extends Migration {
  override name = 'Migration20261128063819'

  override up(): void | Promise<void> {
    this.addSql(`alter table \`disk\` add column \`kernel_serial\` text null;`)
    this.addSql(`alter table \`disk\` add column \`place\` text null;`)
    this.addSql(`alter table \`machine\` add column \`former_id_hash\` text null;`)
    this.addSql(`alter table \`inventory_report\` add column \`content_hash\` text null;`)
    this.addSql(`drop index \`machine_hostname_index\`;`)
    this.addSql(`create index "machine_hostname_lower" on "machine" (lower("hostname"));`)
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "machine_hostname_lower";`)
    this.addSql(`alter table \`inventory_report\` drop column \`content_hash\`;`)
    this.addSql(`alter table \`machine\` drop column \`former_id_hash\`;`)
    this.addSql(`create index \`machine_hostname_index\` on \`machine\` (\`hostname\`);`)
    this.addSql(`alter table \`disk\` drop column \`kernel_serial\`;`)
    this.addSql(`alter table \`disk\` drop column \`place\`;`)
  }
}
