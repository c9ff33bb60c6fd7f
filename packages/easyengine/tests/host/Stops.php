<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests\Host;

use EE;
use RuntimeException;

/**
 * Where the host stops, behind the hooks that $EE_STOPS names, one in a line: it prints "at HOOK", and then
 * does what it reads from its input, a line each, until "go".
 */
final class Stops
{
    public static function at(string $hook): void
    {
        if (!in_array($hook, explode("\n", (string) getenv('EE_STOPS')), true)) {
            return;
        }
        fwrite(STDOUT, "at $hook\n");
        while (($line = fgets(STDIN)) !== false && trim($line) !== 'go') {
            self::obey(...explode(' ', trim($line), 2));
        }
    }

    private static function obey(string $order, string $argument = ''): void
    {
        switch ($order) {
            case 'error':
                EE::error('the host was told to', (int) $argument);
                // EE::error() does not return.
            case 'throw':
                throw new RuntimeException('the host was told to');
            case 'child': // as EasyEngine starts one
                passthru('EE_STOPS= ' . Replay::commandLine(explode(' ', $argument)), $status);
                fwrite(STDOUT, "child ended with $status\n");
                break;
            case 'handlers': // as EasyEngine's commands leave them
                foreach ([SIGHUP, SIGINT, SIGTERM] as $signal) {
                    pcntl_signal($signal, static function (): void {
                        fwrite(STDOUT, "its own handler\n");
                    });
                }
                break;
            case 'dispatch':
                pcntl_signal_dispatch();
                fwrite(STDOUT, 'dispatched with' . (pcntl_async_signals() ? '' : 'out') . " async signals\n");
                break;
            case 'then': // another command in the same process: its hook, and its site
                preg_match('/^(.*) (\S+)$/', $argument, $match);
                EE::do_hook($match[1], [$match[2]], []);
                break;
            case 'orphan': // a program that keeps EasyEngine's own lock, as its archiver does
                $own = fopen(EE_BACKUP_DIR . '/backup-global.lock', 'c+');
                flock($own, LOCK_EX);
                exec('sleep 1000 >/dev/null 2>&1 & echo $!', $output);
                fwrite(STDOUT, "orphan $output[0]\n");
                break;
            case 'fork':
                $child = pcntl_fork();
                if ($child === 0) {
                    $argument === 'ends' ? exit(0) : sleep(1000);
                }
                $argument === 'ends' && pcntl_waitpid($child, $status);
                fwrite(STDOUT, "forked $child\n");
                break;
            default:
                throw new RuntimeException("what is \"$order\"?");
        }
    }
}
