<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Engine;

use InvalidArgumentException;
use PDO;
use PDOException;
use Sitelock\UnsupportedException;
use Symfony\Component\Lock\BlockingSharedLockStoreInterface;
use Symfony\Component\Lock\Key;
use Symfony\Component\Lock\PersistingStoreInterface;
use Symfony\Component\Lock\Store\PostgreSqlStore;

/**
 * Advisory locks of PostgreSQL. A lock belongs to a session, and each object has a session of its own:
 * when the process dies, or the server, or the way between them, the server frees the lock.
 */
final class PostgreSql extends Engine
{
    /** How long one statement waits in the server's queue; no signal handler runs meanwhile. */
    private const SLICE = 0.25;

    private const LOCK_NOT_AVAILABLE = '55P03';
    private const CONNECT_TIMEOUT = 10;

    private const URL = '{^[a-z]+://(?:(?<user>[^:/?@]*)(?::(?<password>[^/?@]*))?@)?(?<host>\[[^]]*\]|[^:/?[]*)(?::(?<port>\d+))?(?:/(?<dbname>[^?]*))?(?:\?.*)?$}sD';

    /**
     * When the other end counts as gone, for both ends: libpq's names, in seconds and tries, but the last
     * one in milliseconds.
     */
    private const KEEPALIVE = [
        'keepalives_idle' => '5',
        'keepalives_interval' => '5',
        'keepalives_count' => '3',
        'tcp_user_timeout' => '20000',
    ];

    /** Whatever the server is set to: waits and idle sessions do not end, and what is written is on disk. */
    private const SETTINGS = ['statement_timeout' => '0', 'idle_session_timeout' => '0', 'synchronous_commit' => 'on'];

    /**
     * Sessions that ended otherwise than by end(). PostgreSqlStore before symfony/lock 7 knows a session
     * by the number of its object, and would take a new one of that number for the old one, with its locks.
     * And closing a session that was forked closes that of the parent.
     *
     * @var PDO[]
     */
    private static array $lost = [];

    /** @var array<string, string> libpq's parameters */
    private array $parameters;
    private ?string $user;
    private ?string $password;
    private ?PDO $session = null;
    private ?int $generation = null;

    /** @param string $url postgresql://[user[:password]@][host[:port]][/database][?parameter=value], the parameters are libpq's */
    public function __construct(string $url, string $name, float $ttl)
    {
        parent::__construct($name, $ttl);
        if (!preg_match(self::URL, $url, $parts, PREG_UNMATCHED_AS_NULL)) {
            throw new InvalidArgumentException('the database is written as postgresql://USER@HOST/DATABASE');
        }
        $parts = array_map('rawurldecode', array_filter($parts, 'is_string'));
        $this->user = $parts['user'] ?? null;
        $this->password = $parts['password'] ?? null;
        parse_str(strstr($url, '?') === false ? '' : substr(strstr($url, '?'), 1), $parameters);
        $this->parameters = array_filter([
            'host' => trim($parts['host'] ?? '', '[]'),
            'port' => $parts['port'] ?? '',
            'dbname' => $parts['dbname'] ?? '',
        ]) + array_filter($parameters, 'is_string') + self::KEEPALIVE;
    }

    public function getAddress(): string
    {
        $place = $this->parameters + ['host' => '', 'port' => '5432', 'dbname' => ''];
        $user = $this->user !== null ? "$this->user@" : '';
        return "postgresql://$user{$place['host']}:{$place['port']}/{$place['dbname']}#$this->name";
    }

    public function disconnect(): void
    {
        if ($this->session !== null) {
            self::$lost[] = $this->session;
            $this->hangUp();
        }
        $this->session = null;
        parent::disconnect();
    }

    /** A session that is gone has lost its locks. */
    public function has(Key $key): bool
    {
        return $this->session !== null && $this->isConnectedHere() && parent::has($key);
    }

    public function end(): void
    {
        $this->session = null;
        $this->generation = null;
        parent::end();
    }

    public function takeLater(Key $key, bool $shared, float $seconds): bool
    {
        $store = $this->getStore();
        assert($store instanceof BlockingSharedLockStoreInterface);
        $this->session->exec('SET lock_timeout = ' . (int) ceil(1000 * min($seconds, self::SLICE)));
        try {
            $shared ? $store->waitAndSaveRead($key) : $store->waitAndSave($key);
        } catch (PDOException $e) {
            if (($e->errorInfo[0] ?? '') === self::LOCK_NOT_AVAILABLE) {
                return false;
            }
            throw $e;
        }
        return true;
    }

    /**
     * Also draws the generation, in the session that has the lock: as long as that answers, nobody else has
     * it. It is the number of a transaction, which the server would use again after a crash if the
     * transaction had written nothing; so it writes, and waits for the disk.
     */
    public function keep(Key $key, string $label): void
    {
        $who = $this->session->prepare(<<<'SQL'
            SELECT set_config('application_name', ?, false), txid_current(), pg_logical_emit_message(true, 'sitelock', '')
            SQL);
        $who->execute([Signature::write($label)]);
        $this->generation = (int) $who->fetchColumn(1);
    }

    public function getGeneration(): ?int
    {
        return $this->generation;
    }

    public function getHolders(?Key $own): ?array
    {
        $this->getStore();
        $query = $this->session->prepare(<<<'SQL'
            SELECT l.mode = 'ShareLock' AS shared, l.pid = pg_backend_pid() AS self,
                coalesce(a.application_name, '') AS signature, host(a.client_addr) AS host
            FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = ? AND l.objsubid = 1
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            SQL);
        $query->execute([crc32($this->name)]); // as PostgreSqlStore
        $holders = [];
        foreach ($query->fetchAll(PDO::FETCH_ASSOC) as $row) {
            $holders[] = Signature::holder($row['signature'], $row['shared'], $row['self'], (string) $row['host']);
        }
        return $holders;
    }

    protected function connect(): PersistingStoreInterface
    {
        if (!extension_loaded('pdo_pgsql')) {
            throw new UnsupportedException("{$this->getAddress()}: the extension pdo_pgsql is missing");
        }
        if ($this->session !== null) {
            self::$lost[] = $this->session; // of the process that forked this one
        }
        $dsn = [];
        foreach ($this->parameters as $name => $value) {
            $dsn[] = "$name='" . addcslashes($value, "\\'") . "'";
        }
        $this->session = new PDO('pgsql:' . implode(' ', $dsn), $this->user, $this->password, [
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
            PDO::ATTR_TIMEOUT => self::CONNECT_TIMEOUT,
        ]);
        $this->configure();
        return new PostgreSqlStore($this->session);
    }

    /** If the server can still be reached, it keeps no session for nobody. That of a parent process is its own. */
    private function hangUp(): void
    {
        try {
            if ($this->isConnectedHere()) {
                $this->session->exec('SELECT pg_terminate_backend(pg_backend_pid())');
            }
        } catch (PDOException $e) {
            // It is gone.
        }
    }

    /** Settings of the session. A server that does not know one of them does not have the trouble either. */
    private function configure(): void
    {
        $settings = self::SETTINGS;
        foreach (array_intersect_key($this->parameters, self::KEEPALIVE) as $name => $value) {
            $settings[$name === 'tcp_user_timeout' ? $name : "tcp_$name"] = $value;
        }
        $rows = implode(', ', array_fill(0, count($settings), '(?, ?)'));
        $set = $this->session->prepare("SELECT set_config(name, value, false) FROM pg_settings JOIN (VALUES $rows) AS wanted (name, value) USING (name)");
        $pairs = [];
        foreach ($settings as $name => $value) {
            array_push($pairs, $name, $value);
        }
        $set->execute($pairs);
    }
}
