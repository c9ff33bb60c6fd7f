<?php

declare(strict_types=1);

namespace Sitelock\Cli;

use Sitelock\Holder;

/** The sentence for a person who does not get a lock. */
final class Busy
{
    private const SHOWN = 3;

    /**
     * @param Holder[] $holders
     * @param string $remedy what to do where nothing is wrong
     */
    public static function sentence(Address $address, array $holders, string $remedy): string
    {
        return "$address->text is locked by " . self::names($holders) . '; ' . self::advice($address, $holders, $remedy);
    }

    /** @param Holder[] $holders at least one */
    public static function names(array $holders): string
    {
        $more = count($holders) - self::SHOWN;
        return implode(' and ', array_slice($holders, 0, self::SHOWN)) . ($more > 0 ? " and $more more" : '');
    }

    /** @param Holder[] $holders */
    private static function advice(Address $address, array $holders, string $remedy): string
    {
        foreach ($holders as $holder) {
            if ($holder->isAncestor()) {
                return "pid {$holder->getPid()} has started this command: what runs under a lock must not take it again";
            }
        }
        foreach ($holders as $holder) {
            if ($holder->isAlive() === null && $address->isInEngine()) {
                return $holder->getHost() !== '' ? "$remedy; look for it on {$holder->getHost()}" : $remedy;
            }
            if ($holder->isAlive() === null) {
                return $address->canBeStale()
                    ? 'it counts as alive; once you know that it is dead: sitelock break --force ' . Text::word($address->text)
                    : 'look for it as root, outside of the container';
            }
        }
        return $remedy;
    }
}
