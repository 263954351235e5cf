import { Migration } from '@mikro-orm/migrations'

export class Migration20261128181536 extends Migration {
  override name = 'Migration20261128181536'

  override up(): void | Promise<void> {
    this.addSql(`alter table \`machine\` add column \`hardware_hash\` text null;`)
    this.addSql(`alter table \`machine\` add column \`boot_hash\` text null;`)
    this.addSql(`alter table \`machine\` add column \`former_boot_hash\` text null;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`machine\` drop column \`hardware_hash\`;`)
    this.addSql(`alter table \`machine\` drop column \`boot_hash\`;`)
    this.addSql(`alter table \`machine\` drop column \`former_boot_hash\`;`)
  }
}
