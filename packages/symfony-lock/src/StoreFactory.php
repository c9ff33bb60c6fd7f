<?php

declare(strict_types=1);

namespace Sitelock\Symfony;

use Symfony\Component\Lock\PersistingStoreInterface;
use Symfony\Component\Lock\Store\StoreFactory as SymfonyStoreFactory;

/** Symfony's factory of stores, which knows sitelock:// too. */
final class StoreFactory
{
    /** @param object|string $connection sitelock:///path, or whatever Symfony makes a store of */
    public static function createStore($connection): PersistingStoreInterface
    {
        return is_string($connection) && SitelockStore::isDsn($connection)
            ? SitelockStore::fromDsn($connection)
            : SymfonyStoreFactory::createStore($connection);
    }
}
