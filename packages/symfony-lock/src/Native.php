<?php

declare(strict_types=1);

namespace Sitelock\Symfony;

use ReflectionClass;
use ReflectionProperty;
use Sitelock\BusyException;
use Sitelock\Holder;

/**
 * Makes what otherwise only the extension makes. It offers no constructor for them, so this sets their
 * properties by reflection; nothing else here does.
 */
final class Native
{
    /** @param array<string, mixed> $known properties of a Holder; those that are missing are not known */
    public static function holder(array $known): Holder
    {
        $holder = (new ReflectionClass(Holder::class))->newInstanceWithoutConstructor();
        foreach ($known as $name => $value) {
            self::set($holder, $name, $value);
        }
        return $holder;
    }

    /** @param Holder[] $holders at least one */
    public static function busy(string $path, array $holders): BusyException
    {
        $busy = new BusyException("$path is locked by " . implode(' and by ', $holders) . '; it becomes free when that ends');
        self::set($busy, 'holders', $holders);
        return $busy;
    }

    /** @param mixed $value */
    private static function set(object $object, string $name, $value): void
    {
        $property = new ReflectionProperty($object, $name);
        if (PHP_VERSION_ID < 80100) {
            $property->setAccessible(true);
        }
        $property->setValue($object, $value);
    }
}
