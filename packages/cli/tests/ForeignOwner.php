<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

/** An owner of a directory lock of whom nobody here can know whether he lives. */
final class ForeignOwner
{
    /** On another kind of file system, in another boot: a lock that lies on something like NFS. */
    public static function in(string $directory): string
    {
        $name = 's1.x.6969.77.11111111-2222-3333-4444-555555555555.4211.' . bin2hex(random_bytes(16));
        @mkdir($directory, 0700);
        file_put_contents("$directory/$name", '');
        return "$directory/$name";
    }
}
