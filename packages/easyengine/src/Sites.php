<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

use EE\Model\Site;

use function EE\Site\Utils\auto_site_name;

/** Which sites of this machine a command changes, by the one name that EasyEngine knows each of them by. */
final class Sites
{
    /**
     * @param string[] $args as the hook of the command has them
     * @return string[] without those that do not exist: EasyEngine says so itself
     */
    public static function of(string $command, array $args): array
    {
        switch ($command) {
            case Writers::CREATE:
                return isset($args[0]) ? [self::toBeCreated($args[0])] : [];
            case Writers::CLONE:
                $places = self::places($args);
                return self::withoutMissing([self::existing($places[0]), self::toBeCloned($places[1])]);
            case Writers::SYNC:
                return self::withoutMissing(array_map([self::class, 'existing'], self::places($args)));
            default:
                return self::withoutMissing([self::existing($args[0] ?? self::ofThisFolder($command))]);
        }
    }

    /** Who stands in the folder of a site need not name it. EasyEngine ends here if it is no such folder. */
    private static function ofThisFolder(string $command): string
    {
        return auto_site_name([], ...explode(' ', $command))[0];
    }

    private static function existing(string $place): ?string
    {
        $remote = self::remote($place);
        if ($remote !== null) {
            return self::isThisMachine($remote['host']) ? self::existing($remote['site']) : null;
        }
        $site = Site::find(rtrim(preg_replace('{^https?://}', '', $place), '/'));
        return $site ? $site->site_url : null;
    }

    /** By ssh it is created by an ee that is nobody's child, even on this machine, and locks it itself. */
    private static function toBeCloned(string $place): ?string
    {
        return self::remote($place) === null ? self::toBeCreated($place) : null;
    }

    private static function toBeCreated(string $name): string
    {
        return strtolower(rtrim($name, '/'));
    }

    /**
     * Source and destination. One of them may be ".": the site has the name of the other one.
     *
     * @return string[]
     */
    private static function places(array $args): array
    {
        [$source, $destination] = array_map('trim', $args);
        return [
            $source === '.' ? self::name($destination) : $source,
            $destination === '.' ? self::name($source) : $destination,
        ];
    }

    private static function name(string $place): string
    {
        return self::remote($place)['site'] ?? $place;
    }

    /** @return array<string, string>|null host and site of user@host:site */
    private static function remote(string $place): ?array
    {
        return preg_match('/^\S+@(?<host>[^:]+):(?<site>\S+)/', $place, $match) ? $match : null;
    }

    private static function isThisMachine(string $host): bool
    {
        return in_array($host, ['localhost', '127.0.0.1', gethostname()], true);
    }

    /**
     * @param array<string|null> $sites
     * @return string[]
     */
    private static function withoutMissing(array $sites): array
    {
        return array_values(array_unique(array_filter($sites)));
    }
}
