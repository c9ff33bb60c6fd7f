<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

/** One of a kind for all tests, started when it is wanted. */
final class Servers
{
    private static ?PostgreSqlServer $postgreSql = null;
    private static ?RedisServer $redis = null;

    public static function postgreSql(): PostgreSqlServer
    {
        self::$postgreSql = self::$postgreSql ?? new PostgreSqlServer();
        return self::$postgreSql;
    }

    public static function redis(): RedisServer
    {
        self::$redis = self::$redis ?? new RedisServer();
        return self::$redis;
    }
}
