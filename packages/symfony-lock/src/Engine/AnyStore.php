<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Engine;

use Symfony\Component\Lock\PersistingStoreInterface;

/** A store that somebody else made. If its locks expire, nobody but the script itself can put that off. */
final class AnyStore extends Engine
{
    private PersistingStoreInterface $given;

    public function __construct(PersistingStoreInterface $given, string $name, float $ttl)
    {
        parent::__construct($name, $ttl);
        $this->given = $given;
    }

    /** Numbered, since two stores of a class need not be the same place. */
    public function getAddress(): string
    {
        $class = substr((string) strrchr('\\' . get_class($this->given), '\\'), 1);
        return "$class(" . spl_object_id($this->given) . ")#$this->name";
    }

    protected function connect(): PersistingStoreInterface
    {
        return $this->given;
    }
}
