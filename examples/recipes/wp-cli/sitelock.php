<?php

/** One at a time: the commands of WP-CLI that change this site. Lies beside wp-cli.yml, which requires it. */

use Sitelock\FileLock;

(function (array $commands): void {
    $lock = new FileLock(__DIR__ . '/wp-cli.lock', 'wp');

    $acquire = function () use ($lock): void {
        if ($lock->isAcquired()) {
            return; // a command within a command
        }
        foreach ($lock->getHolders() as $holder) {
            if ($holder->isAncestor()) {
                return; // a wp that a wp has started goes on under its parent's lock
            }
        }
        if (!$lock->acquire()) {
            foreach ($lock->getHolders() as $holder) {
                WP_CLI::error("{$lock->getPath()} is locked by $holder", false);
            }
            WP_CLI::halt(75);
        }
        foreach ($lock->getAbandonedBy() as $dead) {
            WP_CLI::warning("abandoned by $dead");
        }
    };
    // It came to its end: what an earlier one left half done is done now.
    $done = function () use ($lock): void {
        if ($lock->isAcquired()) {
            $lock->markConsistent();
        }
    };

    foreach ($commands as $command) {
        WP_CLI::add_hook("before_invoke:$command", $acquire);
        WP_CLI::add_hook("after_invoke:$command", $done);
    }
})(['cron event run', 'core update', 'plugin update', 'theme update', 'db import', 'search-replace', 'shop import']);
