import { Migration } from '@mikro-orm/migrations'

export class Migration20261130061956 extends Migration {
  override name = 'Migration20261130061956'

  override up(): void {
    this.addSql(`alter table \`disk\` add column \`note\` text null;`)
  }

  override down(): void {
    this.addSql(`alter table \`disk\` drop column \`note\`;`)
  }
}
