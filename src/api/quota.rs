//! What is known of the account's quota, and what it means for the next request.

use super::reader::RateLimit;
use std::time::Duration;
use tokio::time::Instant;

/// The longest a window lasts. Source: OneLogin, Get Rate Limit: calls an hour, seconds left of it.
const WINDOW: Duration = Duration::from_secs(3600);

/// The quota as far as it is known. Others may share it, so a 429 is still the truth.
///
/// Shape: what was told last is counted down by the own requests that were answered without a word about it. Those still on
/// their way may be counted in it or not, so they are taken off too until their answers are here.
#[derive(Debug, Default)]
pub(super) struct Quota {
    known: Option<Known>,
    in_flight: u64,
    /// How many answers said nothing about it, ever.
    silent: u64,
}

/// A request on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    /// How many answers had said nothing when it was sent.
    silent: u64,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    /// `None`: all that is known is that a 429 came.
    limit: Option<u64>,
    remaining: u64,
    /// When all are there again; `None`: not known, the window has turned since.
    turns_at: Option<Instant>,
    /// Whether nothing was counted down since it was told.
    is_told: bool,
}

/// What to do before the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Send it.
    Go,
    /// Wait for an answer that is on its way.
    Hold,
    /// Ask for the quota: the count says that it is nearly spent.
    Ask,
    /// Wait: it is spent until then.
    Wait(Instant),
}

impl Quota {
    /// Says what to do before the next request.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        self.turn(now);
        let Some(Known { limit: _, remaining, turns_at, is_told }) = self.known else { return Next::Go };
        // The question may itself cost a request.
        let kept_for_question = u64::from(!is_told);
        match turns_at {
            _ if remaining.saturating_sub(self.in_flight) > kept_for_question => Next::Go,
            _ if self.in_flight > 0 => Next::Hold,
            _ if !is_told => Next::Ask,
            Some(at) => Next::Wait(at),
            // All of it is there, and that is nothing: OneLogin has to say so itself.
            None => Next::Go,
        }
    }

    /// Notes that a request is sent.
    #[must_use]
    pub(super) const fn sent(&mut self) -> Ticket {
        self.in_flight += 1;
        Ticket { silent: self.silent }
    }

    /// Notes that a request is over, and what its answer said about the quota.
    pub(super) fn ended(&mut self, ticket: Ticket, told: Option<RateLimit>, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.turn(now);
        let Some(told) = told else { return self.count() };
        let mut known = Known::after(self.known, told, now);
        // What was answered meanwhile without a word may not be counted in it.
        let meanwhile = self.silent.saturating_sub(ticket.silent);
        known.remaining = known.remaining.saturating_sub(meanwhile);
        known.is_told &= meanwhile == 0 || known.remaining == 0;
        self.known = Some(known);
    }

    /// Counts a request of which no word was said. Where nothing is left there is nothing to count.
    fn count(&mut self) {
        self.silent += 1;
        if let Some(known) = self.known.as_mut().filter(|known| known.remaining > 0) {
            known.remaining -= 1;
            known.is_told = false;
        }
    }

    /// Notes what a question for the quota came to; where it was not answered, nothing is known.
    pub(super) fn asked(&mut self, told: Option<RateLimit>, now: Instant) {
        self.known = told.map(|told| Known::told(told, now));
    }

    /// Notes that a 429 says to wait; a longer wait that is already on stays.
    pub(super) fn refused(&mut self, wait: Duration, now: Instant) {
        let earlier = self.known.filter(|known| known.remaining == 0).and_then(|known| known.turns_at);
        let until = now + wait;
        let turns_at = Some(earlier.map_or(until, |earlier| earlier.max(until)));
        let limit = self.known.and_then(|known| known.limit);
        self.known = Some(Known { limit, remaining: 0, turns_at, is_told: true });
    }

    /// Returns what is left, as far as is known.
    pub(super) fn left(&mut self, now: Instant) -> Option<RateLimit> {
        self.turn(now);
        let Known { limit, remaining, turns_at, is_told: _ } = self.known?;
        let reset = turns_at.map_or(WINDOW, |at| rounded_up(at.saturating_duration_since(now)));
        Some(RateLimit { limit: limit?, remaining: remaining.saturating_sub(self.in_flight), reset })
    }

    /// Fills the window if it has turned.
    fn turn(&mut self, now: Instant) {
        if let Some(known) = self.known.filter(|known| known.turns_at.is_some_and(|at| at <= now)) {
            self.known =
                known.limit.map(|limit| Known { limit: Some(limit), remaining: limit, turns_at: None, is_told: true });
        }
    }
}

/// Returns a wait in whole seconds, which is how it was told.
pub(super) fn rounded_up(wait: Duration) -> Duration {
    Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

impl Known {
    fn told(told: RateLimit, now: Instant) -> Self {
        let RateLimit { limit, remaining, reset } = told;
        Self { limit: Some(limit), remaining, turns_at: Some(now + reset), is_told: true }
    }

    /// Takes in what an answer says. Answers overtake each other, and seconds are told rounded: within one window the least
    /// that was told counts.
    fn after(known: Option<Self>, told: RateLimit, now: Instant) -> Self {
        let fresh = Self::told(told, now);
        match known {
            Some(known) if known.limit == fresh.limit && known.turns_at.is_some() => Self {
                remaining: known.remaining.min(fresh.remaining),
                turns_at: known.turns_at.min(fresh.turns_at),
                ..fresh
            },
            _ => fresh,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Next, Quota, RateLimit, Ticket};
    use proptest::prelude::{Just, Strategy, any, prop};
    use proptest::{prop_assert, prop_assert_eq, prop_oneof, proptest};
    use std::collections::VecDeque;
    use std::time::Duration;
    use tokio::time::Instant;

    fn limit(limit: u64, remaining: u64, seconds: u64) -> RateLimit {
        RateLimit { limit, remaining, reset: Duration::from_secs(seconds) }
    }

    /// Sends until something else is to be done, no answer saying anything.
    fn spend(quota: &mut Quota, now: Instant) -> (u64, Next) {
        let mut sent = 0;
        loop {
            match quota.next(now) {
                Next::Go if sent < 100 => {
                    let ticket = quota.sent();
                    quota.ended(ticket, None, now);
                    sent += 1;
                }
                next => return (sent, next),
            }
        }
    }

    #[test]
    fn nothing_known_holds_nothing_back() {
        let (mut quota, now) = (Quota::default(), Instant::now());
        assert_eq!(spend(&mut quota, now), (100, Next::Go));
        assert_eq!(quota.left(now), None);
    }

    #[test]
    fn without_headers_it_is_counted_down_and_asked_for_again() {
        let (mut quota, now) = (Quota::default(), Instant::now());
        quota.asked(Some(limit(60, 10, 50)), now);
        assert_eq!(spend(&mut quota, now), (9, Next::Ask));
        assert_eq!(quota.left(now), Some(limit(60, 1, 50)));
        // Somebody else has used none, and the question counts.
        quota.asked(Some(limit(60, 0, 49)), now);
        let turned = now + Duration::from_secs(49);
        assert_eq!(quota.next(now), Next::Wait(turned));
        assert_eq!(quota.next(turned), Next::Go);
        assert_eq!(quota.left(turned), Some(limit(60, 60, 3600)));
        assert_eq!(spend(&mut quota, turned), (59, Next::Ask));
        // The question is not answered: a 429 will be.
        quota.asked(None, turned);
        assert_eq!(quota.next(turned), Next::Go);
    }

    #[test]
    fn what_is_on_its_way_is_waited_for() {
        let (mut quota, now) = (Quota::default(), Instant::now());
        quota.asked(Some(limit(60, 2, 50)), now);
        let [one, other] = [(); 2].map(|()| {
            assert_eq!(quota.next(now), Next::Go);
            quota.sent()
        });
        assert_eq!(quota.next(now), Next::Hold);
        // The second was answered first.
        quota.ended(other, Some(limit(60, 0, 50)), now);
        assert_eq!(quota.next(now), Next::Hold);
        quota.ended(one, Some(limit(60, 1, 50)), now);
        assert_eq!(quota.next(now), Next::Wait(now + Duration::from_secs(50)));
    }

    #[test]
    fn what_was_answered_while_it_was_asked_for_may_not_be_counted_in_it() {
        let (mut quota, now) = (Quota::default(), Instant::now());
        let (question, list) = (quota.sent(), quota.sent());
        quota.ended(list, None, now);
        quota.ended(question, Some(limit(60, 2, 50)), now);
        assert_eq!(quota.left(now), Some(limit(60, 1, 50)));
        assert_eq!(quota.next(now), Next::Ask);
    }

    #[test]
    fn a_429_is_the_truth() {
        let (mut quota, now) = (Quota::default(), Instant::now());
        quota.asked(Some(limit(60, 50, 3000)), now);
        quota.refused(Duration::from_secs(7), now);
        quota.refused(Duration::from_secs(5), now);
        let open = now + Duration::from_secs(7);
        assert_eq!(quota.next(now), Next::Wait(open));
        assert_eq!(quota.next(open), Next::Go);
        assert_eq!(quota.left(open), Some(limit(60, 60, 3600)));

        let mut quota = Quota::default();
        quota.refused(Duration::from_secs(7), now);
        assert_eq!((quota.next(now), quota.left(now)), (Next::Wait(open), None));
        assert_eq!(spend(&mut quota, open), (100, Next::Go));
    }

    #[test]
    fn a_quota_of_nothing_is_left_to_onelogin() {
        let (mut quota, now) = (Quota::default(), Instant::now());
        quota.asked(Some(limit(0, 0, 10)), now);
        let turned = now + Duration::from_secs(10);
        assert_eq!((quota.next(now), quota.next(turned)), (Next::Wait(turned), Next::Go));
    }

    /// What happens in a made-up run.
    #[derive(Debug, Clone, Copy)]
    enum Move {
        /// A request is wanted.
        Send,
        /// The answer that is so-and-so far back in line arrives.
        Answer(prop::sample::Index),
        Pass(u64),
    }

    fn moves() -> impl Strategy<Value = Vec<Move>> {
        let one = prop_oneof![
            6 => Just(Move::Send),
            5 => any::<prop::sample::Index>().prop_map(Move::Answer),
            1 => (1_u64..400).prop_map(Move::Pass),
        ];
        prop::collection::vec(one, 0..400)
    }

    /// An account whose quota nobody else uses.
    struct Account {
        limit: u64,
        used: u64,
        turned: Instant,
    }

    impl Account {
        fn turn(&mut self, now: Instant) {
            while now.duration_since(self.turned) >= super::WINDOW {
                self.turned += super::WINDOW;
                self.used = 0;
            }
        }

        fn tell(&self, now: Instant) -> RateLimit {
            let reset = super::WINDOW - now.duration_since(self.turned);
            RateLimit { limit: self.limit, remaining: self.limit - self.used, reset }
        }
    }

    proptest! {
        /// Whatever order answers come in: nothing is sent beyond the quota, nobody is held for nothing, and it is asked only
        /// where the count says that at most one is left.
        #[test]
        fn no_request_meets_a_429(allowed in 1_u64..40, has_headers: bool, counts_questions: bool, moves in moves()) {
            let mut now = Instant::now();
            let mut account = Account { limit: allowed, used: 0, turned: now };
            let mut quota = Quota::default();
            quota.asked(Some(account.tell(now)), now);
            let mut on_their_way: VecDeque<(Ticket, RateLimit)> = VecDeque::new();
            for one in moves {
                account.turn(now);
                match one {
                    // Answers that are under way while the window turns are a matter of seconds; a 429 is the truth then.
                    Move::Pass(seconds) if on_their_way.is_empty() => now += Duration::from_secs(seconds),
                    Move::Answer(which) if !on_their_way.is_empty() => {
                        if let Some((ticket, told)) = on_their_way.remove(which.index(on_their_way.len())) {
                            quota.ended(ticket, has_headers.then_some(told), now);
                        }
                    }
                    Move::Pass(_) | Move::Answer(_) => {}
                    Move::Send => match quota.next(now) {
                        Next::Go => {
                            prop_assert!(account.used < account.limit, "a 429");
                            account.used += 1;
                            on_their_way.push_back((quota.sent(), account.tell(now)));
                        }
                        Next::Hold => prop_assert!(!on_their_way.is_empty()),
                        Next::Ask => {
                            prop_assert!(on_their_way.is_empty() && !has_headers);
                            prop_assert!(account.limit - account.used <= 1);
                            account.used = (account.used + u64::from(counts_questions)).min(account.limit);
                            quota.asked(Some(account.tell(now)), now);
                        }
                        Next::Wait(until) => {
                            prop_assert!(on_their_way.is_empty());
                            prop_assert_eq!(until, account.turned + super::WINDOW);
                            prop_assert_eq!(account.used, account.limit);
                        }
                    },
                }
            }
        }
    }
}
