<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use Sitelock\Symfony\SitelockBundle;
use Symfony\Bundle\FrameworkBundle\FrameworkBundle;
use Symfony\Component\Config\Loader\LoaderInterface;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\ContainerInterface;
use Symfony\Component\HttpKernel\Kernel;

/** A Symfony application with some locks. */
final class Application extends Kernel
{
    private string $folder;
    private array $resources;

    /** @param array $resources framework.lock */
    public function __construct(string $folder, array $resources)
    {
        parent::__construct('test', false);
        $this->folder = $folder;
        $this->resources = $resources;
    }

    /** Without booting the bundles: the error handlers of the tests stay as they are. */
    public function container(): ContainerInterface
    {
        $this->initializeBundles();
        $this->initializeContainer();
        return $this->container;
    }

    public function registerBundles(): iterable
    {
        return [new FrameworkBundle(), new SitelockBundle()];
    }

    public function registerContainerConfiguration(LoaderInterface $loader): void
    {
        $loader->load(function (ContainerBuilder $container): void {
            $container->loadFromExtension('framework', ['secret' => 'x', 'http_method_override' => false, 'lock' => $this->resources]);
            foreach (array_keys($this->resources) as $name) {
                $container->setAlias("test.$name", "lock.$name.factory")->setPublic(true);
            }
        });
    }

    public function getProjectDir(): string
    {
        return $this->folder;
    }
}
