<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

use EE;
use EE\Model\Site;

use function EE\Utils\get_config_value;

/**
 * ee site ssl-renew --all, with an ee for each site. EasyEngine renews them all in one process, in which an
 * error of one, or a lock that is not to be had, ends it for all that come after.
 */
final class RenewAll
{
    private const COMMAND = 'site ssl-renew';

    /**
     * Renews what EasyEngine would, and ends this process. Its exit status is 0 only if all were renewed.
     *
     * @param array<string, mixed> $flags of the command
     */
    public static function run(array $flags): void
    {
        Requirements::check(self::COMMAND);
        unset($flags['all']);
        $failures = 0;
        foreach (array_filter(Site::all(), [self::class, 'isRenewed']) as $site) {
            $status = self::renew($site->site_url, $flags);
            if ($status === ExitCode::BUSY) {
                EE::warning("Skipped $site->site_url: somebody else works on it.");
            } elseif ($status !== 0) {
                EE::warning("Could not renew the certificate of $site->site_url (exit status $status).");
            }
            $failures += (int) ($status !== 0);
        }
        if ($failures > 0) {
            EE::error("Certificates that were not renewed: $failures.");
        }
        exit(0);
    }

    private static function isRenewed(Site $site): bool
    {
        if ($site->site_ssl !== 'le' || !$site->site_enabled) {
            return false;
        }
        $byHand = $site->site_ssl_wildcard && get_config_value('cloudflare-api-key') === null;
        if ($byHand) {
            EE::warning("Skipped $site->site_url: its wildcard certificate is renewed by hand "
                . "(ee site ssl-renew $site->site_url), or with a cloudflare-api-key.");
        }
        return !$byHand;
    }

    /** @return int exit status */
    private static function renew(string $site, array $flags): int
    {
        $words = array_merge(
            self::thisProgram(),
            explode(' ', self::COMMAND),
            [$site],
            CommandLine::flags($flags + EE::get_runner()->runtime_config)
        );
        return proc_close(proc_open($words, [STDIN, STDOUT, STDERR], $pipes));
    }

    /** @return string[] how this ee was started, without its arguments: PHP, its options, the script */
    private static function thisProgram(): array
    {
        $words = explode("\0", substr((string) file_get_contents('/proc/self/cmdline'), 0, -1));
        return array_slice($words, 0, count($words) - count($_SERVER['argv']) + 1);
    }
}
