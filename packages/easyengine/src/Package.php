<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

use EE;

/** What is put into EasyEngine when it loads the package. None of its own code is changed. */
final class Package
{
    public static function register(): void
    {
        $run = new Run();
        foreach (Writers::names() as $command) {
            EE::add_hook("before_invoke:$command", static function (array $args, array $flags) use ($run, $command): void {
                $run->before($command, $args, $flags);
            });
            EE::add_hook("after_invoke:$command", static function () use ($run, $command): void {
                $run->after($command);
            });
        }
        // Inside of "ee site" this one is called again, with the words after the subcommand.
        EE::add_hook('before_invoke:site', static function (array $args, array $flags): void {
            if (($args[0] ?? '') === 'ssl-renew' && array_key_exists('all', $flags)) {
                RenewAll::run($flags);
            }
        });
        EE::add_command('lock', LockCommand::class);
    }
}
