<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Engine;

use Sitelock\Holder;
use Sitelock\Symfony\Native;

/**
 * Who has a lock, in one line that an engine keeps beside it: "sitelock 4711@web1 1763766000 nightly
 * backup". What others wrote there is how they describe themselves.
 */
final class Signature
{
    /** PostgreSQL keeps 63 bytes; the label comes last. */
    private const HOST = 24;

    public static function write(string $label): string
    {
        return rtrim(sprintf('sitelock %d@%s %d %s', getmypid(), substr((string) gethostname(), 0, self::HOST), time(), $label));
    }

    /**
     * @param string $signature as it was found; it need not be one of ours
     * @param string $host where it came from, if it does not say so itself
     */
    public static function holder(string $signature, bool $shared, bool $self, string $host = ''): Holder
    {
        $known = ['host' => $host, 'label' => self::visible($signature), 'shared' => $shared];
        if (preg_match('/^sitelock (\d{1,9})@(\S*) (\d{1,12})(?: (.*))?$/sD', $signature, $parts)) {
            $label = self::visible($parts[4] ?? '');
            $known = [
                'host' => self::visible($parts[2]),
                // A pid of another machine is none from here.
                'label' => $self ? $label : rtrim("pid {$parts[1]} there, $label", ', '),
                'since' => (float) $parts[3],
            ] + $known;
        }
        return Native::holder($self ? ['pid' => getmypid(), 'self' => true, 'alive' => true] + $known : $known);
    }

    private static function visible(string $text): string
    {
        return preg_replace_callback('/[\x00-\x1f\x7f]/', static function (array $match): string {
            return sprintf('\x%02x', ord($match[0]));
        }, $text);
    }
}
