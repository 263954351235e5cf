import { Migration } from '@mikro-orm/migrations'

export class Migration20261129135154 extends Migration {
  override name = 'Migration20261129135154'

  override up(): void {
    this.addSql(`alter table \`scanner\` add column \`inner_mounts\` json not null default '[]';`)
  }

  override down(): void {
    this.addSql(`alter table \`scanner\` drop column \`inner_mounts\`;`)
  }
}
