import {
  Args,
  ArgsType,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Int,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql'
import type { Row } from '../database/rows.ts'
import type { Context } from '../graphql/context.ts'
import { Scope } from '../graphql/scope.ts'
import { Machine } from '../machines/machine.entity.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { InstalledPackage } from './installed-package.entity.ts'
import type { InstalledConditions } from './packages.service.ts'

@InputType()
export class InstalledPackageFilter implements InstalledConditions {
  @Field(() => ID, { nullable: true, description: 'On this machine' })
  machine?: string | null

  @Field(() => String, { nullable: true, description: 'Part of the name, or of that of its source package' })
  search?: string | null

  @Field(() => String, { nullable: true, description: 'The whole name' })
  name?: string | null

  @Field(() => String, { nullable: true, description: 'The whole version' })
  version?: string | null
}

@ArgsType()
export class InstalledPackagesArgs extends PageArgs {
  @Field(() => InstalledPackageFilter, { nullable: true })
  filter?: InstalledPackageFilter | null
}

@ObjectType({ simpleResolvers: true, description: 'Of how many machines it is known which packages they have' })
export class PackagesCoverage {
  @Field(() => Int, { description: 'Machines in service' })
  machines!: number

  @Field(() => Int, {
    description: 'Those of them that told their packages, however long ago: see MachineState.packagesAt',
  })
  told!: number
}

export const InstalledPackageConnection = connectionOf(InstalledPackage, 'InstalledPackage')

@Resolver(() => InstalledPackage)
export class InstalledPackagesResolver {
  @Authorized(Scope.READ)
  @Query(() => InstalledPackageConnection, {
    description:
      'Which machines have which packages installed, by name, version and machine. Asks for a machine, or for a package on those in service. Errors: BAD_USER_INPUT',
  })
  installedPackages(
    @Args(() => InstalledPackagesArgs) { filter, ...page }: InstalledPackagesArgs,
    @Ctx() { packages }: Context,
  ): Promise<Page<Row<InstalledPackage>>> {
    return packages.installed(filter, page)
  }

  @Authorized(Scope.READ)
  @Query(() => PackagesCoverage, {
    description: 'Of how many machines in service it is known which packages they have',
  })
  packagesCoverage(@Ctx() { packages }: Context): Promise<PackagesCoverage> {
    return packages.coverage()
  }

  @FieldResolver(() => Machine)
  machine(@Root() { machine }: Row<InstalledPackage>, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(machine)
  }

  @FieldResolver(() => String)
  async name(@Root() row: Row<InstalledPackage>, @Ctx() { packages }: Context): Promise<string> {
    return (await packages.load(row.package)).name
  }

  @FieldResolver(() => String, { description: 'amd64, arm64, all …' })
  async architecture(@Root() row: Row<InstalledPackage>, @Ctx() { packages }: Context): Promise<string> {
    return (await packages.load(row.package)).architecture
  }

  @FieldResolver(() => String)
  async version(@Root() row: Row<InstalledPackage>, @Ctx() { packages }: Context): Promise<string> {
    return (await packages.load(row.package)).version
  }

  @FieldResolver(() => String, {
    description: 'The source package that it was built from, by which security notices name it',
  })
  async source(@Root() row: Row<InstalledPackage>, @Ctx() { packages }: Context): Promise<string> {
    return (await packages.load(row.package)).source
  }
}
