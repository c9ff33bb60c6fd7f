<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use PHPUnit\Framework\TestCase;
use Sitelock\Symfony\SitelockBundle;
use Sitelock\Symfony\SitelockStore;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\Definition;
use Symfony\Component\Lock\PersistingStoreInterface;
use Symfony\Component\Lock\Store\InMemoryStore;
use Symfony\Component\Lock\Store\StoreFactory;

/** The bundle, on services as the FrameworkBundle makes them for framework.lock. */
final class BundleTest extends TestCase
{
    use Scratch;

    public function testStoresOfTheContainerMayBeOurs(): void
    {
        $container = new ContainerBuilder();
        foreach (['ours' => "sitelock://$this->folder/locks", 'theirs' => 'in-memory'] as $name => $dsn) {
            $store = new Definition(PersistingStoreInterface::class, [$dsn]);
            $container->setDefinition($name, $store->setFactory([StoreFactory::class, 'createStore'])->setPublic(true));
        }
        (new SitelockBundle())->build($container);
        $container->compile();
        self::assertInstanceOf(SitelockStore::class, $container->get('ours'));
        self::assertInstanceOf(InMemoryStore::class, $container->get('theirs'));
    }
}
