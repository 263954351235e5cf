import { Migration } from '@mikro-orm/migrations'

export class Migration20261130132013 extends Migration {
  override name = 'Migration20261130132013'

  override up(): void {
    this.addSql(`alter table \`machine\` add column \`tags\` json not null default '[]';`)
    this.addSql(`alter table \`expected_job\` add column \`tags\` json not null default '[]';`)
    this.addSql(`alter table \`disk\` add column \`tags\` json not null default '[]';`)
  }

  override down(): void {
    this.addSql(`alter table \`disk\` drop column \`tags\`;`)
    this.addSql(`alter table \`expected_job\` drop column \`tags\`;`)
    this.addSql(`alter table \`machine\` drop column \`tags\`;`)
  }
}
